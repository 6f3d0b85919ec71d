"""Shared types: workflows, diagnostics, runs, events and the reducer over them.

Pydantic models and pure functions only; no I/O, no clock. Imports nothing of wftui; anything may import it.
"""
