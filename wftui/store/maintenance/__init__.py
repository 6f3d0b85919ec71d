"""Retention: selects the runs to remove, and removes them in small steps.

Imports `store.ownership` and below, nothing of `store.events`.
"""
