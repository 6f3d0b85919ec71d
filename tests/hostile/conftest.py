"""Fixtures of the tests with hostile files."""

from cli.conftest import bare_cli

__all__ = ["bare_cli"]
