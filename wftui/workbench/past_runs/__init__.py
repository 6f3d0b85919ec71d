"""Services for past runs: read, compare, search, count, export, remove.

Imports the engine and the store; imported by `workbench.workbench`.
"""
