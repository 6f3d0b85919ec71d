"""Tests of the `llm` step."""
