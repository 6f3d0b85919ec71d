"""Tests of `wftui/connections`; a package, so that conftest names do not clash."""
