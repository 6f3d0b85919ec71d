"""Tests of `wftui/store/events`."""
