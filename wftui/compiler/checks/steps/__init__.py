"""Checks of one step: body, options, error types, machine and sub-workflow.

Imports `checks.values`, `compiler.tree` and below.
"""
