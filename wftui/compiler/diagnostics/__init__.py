"""Diagnostics: their codes, their fixes, and how they are reported.

Imports `compiler.source`.
"""
