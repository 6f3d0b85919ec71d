"""Tests of `wftui/runtime/patterns`."""
