"""wftui: a terminal workbench for workflows. The layers and their rules are in ARCHITECTURE.md."""

__version__ = "0.2.0.dev0"
