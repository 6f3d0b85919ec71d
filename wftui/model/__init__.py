"""The types everyone speaks: workflow, compilation, execution, events, and the one reducer over them.

Pydantic models and pure functions only; no I/O, no clock. Imports nothing of wftui; anything may import it.
"""
