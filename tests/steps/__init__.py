"""Tests of `wftui/steps`; a package, so that conftest names do not clash."""
