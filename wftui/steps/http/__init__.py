"""The `http` step, and the HTTP client of other step types.

Imports `steps.files` and below.
"""
