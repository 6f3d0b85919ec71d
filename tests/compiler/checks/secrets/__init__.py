"""Tests of `wftui/compiler/checks/secrets`."""
