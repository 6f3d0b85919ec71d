"""The `file` step: read, write and manage files.

Imports `steps.files` and below.
"""
