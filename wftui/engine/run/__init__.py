"""One run: preflight check, steps, `finally`; every change is an event.

Imports `engine.connections` and below; its rooms are `state` < `steps`.
"""
