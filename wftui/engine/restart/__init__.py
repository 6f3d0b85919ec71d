"""Resume and rerun: the steps that are reused, those that run again, and why.

Imports `engine.run` and below.
"""
