"""Tests of `wftui/runtime`."""
