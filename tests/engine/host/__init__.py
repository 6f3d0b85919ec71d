"""Tests of `wftui/engine/host`."""
