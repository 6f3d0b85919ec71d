"""Tests of the `shell` step."""
