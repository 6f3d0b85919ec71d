"""What the parts of one run share: context, pending approvals, carried results, shared resources.

Imports `engine.connections` and below.
"""
