"""Resume and rerun: what an earlier run leaves, which steps are reused, what runs again and why.

Imports `engine.run` and below.
"""
