"""Tests of the `email` step."""
