"""Untrusted regular expressions: refused, bounded, or run in a separate process.

Imports `runtime.language` and below.
"""
