"""wftui: a terminal workbench for workflows.

ARCHITECTURE.md describes the layers and their rules.
"""

__version__ = "0.2.0.dev0"
