"""Edits of workflow.json by step and by name: a text in, the changed text out.

Operations change parsed values; `source.rewriting` writes them back byte by byte. Imports source and expressions.
"""
