"""The terminal face: one module per command group, over the workbench. Never imports Textual but to open the screen."""
