"""Tests of the `composio` step."""
