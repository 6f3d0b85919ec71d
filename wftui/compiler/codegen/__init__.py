"""A checked workflow as the source of workflow.py.

Imports `compiler.checks` and below.
"""
