"""Tests of `wftui/engine/run`."""
