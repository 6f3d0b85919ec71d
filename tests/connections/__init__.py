"""Tests of `wftui/steps`; a package, because its conftest has the name of the one above."""
