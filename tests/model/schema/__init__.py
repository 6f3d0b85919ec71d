"""Tests of `wftui/model/schema`."""
