"""Tests of `wftui/model`."""
