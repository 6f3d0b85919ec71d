"""Tests of `wftui/compiler/source`."""
