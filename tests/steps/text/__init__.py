"""Tests of text from processes and servers."""
