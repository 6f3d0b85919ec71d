"""All checks of a workflow, each a function from the tree to diagnostics.

`checker` runs them and `step_records` keeps what they found. Imports `compiler.tree` and below.
"""
