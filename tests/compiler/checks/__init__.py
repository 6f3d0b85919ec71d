"""Tests of `wftui/compiler/checks`."""
