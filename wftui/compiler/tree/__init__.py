"""The checked structure of a workflow: nodes, bindings, scopes and the graph.

Imports `compiler.expressions`, `compiler.diagnostics` and below.
"""
