"""workflow.json to Python: parse (with positions) → check → transpile → registry.

Imports `steps`, `workspace`, `runtime`.
"""
