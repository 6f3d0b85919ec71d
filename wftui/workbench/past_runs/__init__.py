"""Services for the record: runs read, compared, searched, counted, exported, removed.

Imports the engine and the store; imported by `workbench.workbench`.
"""
