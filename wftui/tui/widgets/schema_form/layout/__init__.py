"""Shared parts of form rows: label column, notes, lazy mounting, item buttons.

They import no row and no editor.
"""
