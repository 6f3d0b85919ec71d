"""Tests of `wftui/store/sqlite`."""
