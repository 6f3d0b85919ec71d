"""The `shell` step: scripts and programs.

Imports `steps.process`, `steps.files` and below.
"""
