"""Tests of `wftui/compiler/checks/values`."""
