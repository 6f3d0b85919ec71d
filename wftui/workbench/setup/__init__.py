"""Services for settings, connections, tokens, notifications, workers, doctor.

Imports the rooms below the workbench; imported by `workbench.workbench`.
"""
