"""Tests of steps about the run itself."""
