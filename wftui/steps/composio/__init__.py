"""The `composio` step: tools through connected accounts.

Imports `steps.http` and below.
"""
