"""JSON Schema validation: defaults, and errors as sentences with locations.

Imports `runtime.patterns` and below.
"""
