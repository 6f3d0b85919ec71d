"""workflow.json, format 1: keys, names, durations and compilation results.

Imports `model.schema` and below.
"""
