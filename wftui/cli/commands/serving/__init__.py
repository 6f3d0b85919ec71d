"""Commands that serve others: HTTP, browsers, MCP clients, pools of workers.

Imported by the dispatcher only.
"""
