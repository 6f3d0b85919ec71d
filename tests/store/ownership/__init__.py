"""Tests of `wftui/store/ownership`."""
