"""Tests of `wftui/engine`; a package, so that conftest names do not clash."""
