"""One run: preflight check, then its steps, then `finally`, each thing that happens as an event.

Imports `engine.connections` and below; its rooms are `state` < `steps`.
"""
