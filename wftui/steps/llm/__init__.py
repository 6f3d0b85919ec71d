"""The `llm` step: a conversation with a language model, over the protocols of several servers.

Imports `steps.http`, `steps.mcp`, `steps.registry` and below.
"""
