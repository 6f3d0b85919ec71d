"""Tests of `wftui/model/workflow`."""
