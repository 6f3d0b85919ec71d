"""Tests of the `http` step."""
