"""Tests of `wftui/store/history`."""
