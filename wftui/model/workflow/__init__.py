"""workflow.json, format 1: its keys, its names, durations, and the result of compiling it.

Imports `model.schema` and below.
"""
