"""The tools of a language model: step types and MCP tools, and the calls it makes.

Imports `steps.mcp`, `steps.registry` and below.
"""
