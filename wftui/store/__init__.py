"""Runs on disk: one SQLite file, one writer per process, many readers. Imports `model`; knows nothing of the engine."""
