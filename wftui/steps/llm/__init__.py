"""The `llm` step: conversations with language models over several protocols.

Imports `steps.http`, `steps.mcp`, `steps.registry` and below.
"""
