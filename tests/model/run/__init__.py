"""Tests of `wftui/model/run`."""
