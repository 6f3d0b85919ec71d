"""Runs on disk: one SQLite file, one writer per process, many readers.

Imports `model` and `runtime`; knows nothing of the engine.
"""
