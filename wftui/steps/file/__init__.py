"""The `file` step: read, write and arrange files.

Imports `steps.files` and below.
"""
