"""Tools of a language model: step types and MCP tools.

Imports `steps.mcp`, `steps.registry` and below.
"""
