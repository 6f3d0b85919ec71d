"""Tests of the `mcp` step."""
