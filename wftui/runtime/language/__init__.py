"""Declarations of filters, tests and functions: kinds of values, limits, and derived secrets.

The lowest room of `runtime`; imports `runtime.errors` only.
"""
