"""Values against a JSON Schema: defaults, and every problem as a sentence at its place.

Imports `runtime.patterns` and below.
"""
