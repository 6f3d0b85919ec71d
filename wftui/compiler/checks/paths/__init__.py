"""Checks of references, and of the paths by which a run reaches a step.

Imports `compiler.tree` and below.
"""
