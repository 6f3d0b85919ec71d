"""Checks of secret inputs, literal secrets and connections.

Imports `compiler.tree` and below.
"""
