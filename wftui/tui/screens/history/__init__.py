"""The history of runs, and its cleanup.

Imports the dialogs and base classes; nothing imports it but the registry of screens.
"""
