"""Tests of `wftui/engine`; a package, because its conftest has the name of the one above."""
