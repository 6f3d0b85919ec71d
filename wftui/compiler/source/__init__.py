"""workflow.json as text: parsed with positions, recovered when broken, patched byte for byte.

The lowest room of `compiler`.
"""
