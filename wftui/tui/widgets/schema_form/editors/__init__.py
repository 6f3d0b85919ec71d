"""Editors of single values, one per kind of field.

They import no row; rows import `factory`.
"""
