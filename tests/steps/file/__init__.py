"""Tests of the `file` step."""
