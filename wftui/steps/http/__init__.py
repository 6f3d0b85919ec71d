"""The `http` step, and the HTTP exchange that other types build on.

Imports `steps.files` and below.
"""
