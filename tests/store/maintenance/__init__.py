"""Tests of `wftui/store/maintenance`."""
