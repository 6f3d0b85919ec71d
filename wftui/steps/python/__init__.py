"""The `python` and `template` steps, in child interpreters.

Imports `steps.process`, `steps.files` and below.
"""
