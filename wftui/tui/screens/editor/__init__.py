"""The editor of a workflow: source, steps, step form, curl commands.

Imports the dialogs and base classes. The monitor copies steps as commands from here.
"""
