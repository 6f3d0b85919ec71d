"""The `mcp` step: sessions with MCP servers, and the lock file of tools.

Imports `steps.process`, `steps.files` and below.
"""
