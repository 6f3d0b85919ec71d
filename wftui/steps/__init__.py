"""Step types: the built-in ones, each built as a plugin builds its own.

A step type knows its input, its output and how to do its work through a `StepContext`; it knows nothing of the engine.
Imports `connections`, `runtime` and `model`.
"""
