"""The `composio` step: a tool through an account that a user has connected.

Imports `steps.http` and below.
"""
