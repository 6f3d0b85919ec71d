"""The checked shape of a workflow: nodes with their places, bindings, scopes, and who waits for whom.

Imports `compiler.expressions`, `compiler.diagnostics` and below.
"""
