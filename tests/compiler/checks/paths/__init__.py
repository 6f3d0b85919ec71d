"""Tests of `wftui/compiler/checks/paths`."""
