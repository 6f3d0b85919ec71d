"""Tests of `wftui/model/forms`."""
