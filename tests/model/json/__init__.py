"""Tests of `wftui/model/json`."""
