"""Events as rows: written in groups by one writer, read in pages, followed.

Imports `store.ownership` and below.
"""
