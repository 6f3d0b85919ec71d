"""Statuses, colors, numbers, times and searches as the TUI shows them.

Knows no widget and no workbench; every part of the TUI may import it.
"""
