"""State of one run: context, pending approvals, carried results, shared resources.

Imports `engine.connections` and below.
"""
