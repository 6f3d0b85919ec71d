"""Tests with what somebody else may hand over: workspaces, texts and files made to do harm."""
