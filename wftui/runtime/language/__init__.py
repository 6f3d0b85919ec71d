"""Declarations of filters, tests and functions; kinds, limits, derived secrets.

The lowest room of `runtime`; imports `runtime.workflow_errors` only.
"""
