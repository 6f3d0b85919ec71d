"""Tests of `wftui/compiler/diagnostics`."""
