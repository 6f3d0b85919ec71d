"""What every part of the engine uses: emitting events, cancellation, outcomes, failures, limits.

The lowest room of `engine`; imports nothing of the others.
"""
