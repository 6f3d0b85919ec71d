"""The `mcp` step: tools of MCP servers, their sessions, and the lock file of a workflow's tools.

Imports `steps.process`, `steps.files` and below.
"""
