"""The connections and secrets of a run, and the tools of its MCP servers.

Imports `engine.primitives`.
"""
