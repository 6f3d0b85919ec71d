"""Tests of `wftui/compiler/expressions`."""
