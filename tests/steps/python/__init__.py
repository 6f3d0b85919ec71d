"""Tests of the `python` and `template` steps."""
