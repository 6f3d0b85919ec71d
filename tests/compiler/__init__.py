"""Tests of `wftui/compiler`."""
