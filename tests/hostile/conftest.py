"""What tests with hostile files share."""

from cli.conftest import bare_cli

__all__ = ["bare_cli"]
