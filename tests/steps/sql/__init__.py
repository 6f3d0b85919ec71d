"""Tests of the `sql` step."""
