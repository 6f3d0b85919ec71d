"""Tests of `wftui/compiler/checks/steps`."""
