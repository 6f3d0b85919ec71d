"""Tests with malicious input: workspaces, texts and files."""
