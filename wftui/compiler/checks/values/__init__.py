"""Checks of the values that expressions give, by the shapes known before a run.

Imports `compiler.tree` and below.
"""
