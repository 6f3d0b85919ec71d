"""Tests of `wftui/runtime/validation`."""
