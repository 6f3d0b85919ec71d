"""A run: its events, the record that they fold into, and the one reducer.

Imports `model.json` and the flat modules of `model`.
"""
