"""Tests of `wftui/tui`; a package, because its conftest has the name of the one above."""
