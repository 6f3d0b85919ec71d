"""Tests of `wftui/engine/restart`."""
