"""Retention: selects the runs that may go, and removes them in small steps.

Imports `store.ownership` and below, nothing of `store.events`.
"""
