"""All checks of a workflow, each a function from the tree to diagnostics.

Imports `compiler.tree` and below.
"""
