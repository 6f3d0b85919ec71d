"""The `shell` step: a script or a program.

Imports `steps.process`, `steps.files` and below.
"""
