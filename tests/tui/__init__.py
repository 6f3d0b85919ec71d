"""Tests of `wftui/tui`, in rooms like those of the package."""
