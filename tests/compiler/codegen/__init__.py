"""Tests of `wftui/compiler/codegen`."""
