"""workflow.json as text: parsed with positions, recovered, patched byte by byte.

The lowest room of `compiler`.
"""
