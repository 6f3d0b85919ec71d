"""Widgets of the screens, one per module.

They take model types and import neither the workbench nor a screen; `tui.screens` and `tui.app` import them.
"""
