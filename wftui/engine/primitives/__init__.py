"""Basis of the engine: events, cancellation, outcomes, failures, settings.

The lowest room of `engine`; it imports none of the others.
"""
