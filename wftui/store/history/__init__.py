"""Read access to stored runs: lists, pages, search and statistics.

Imports `store.events` and below.
"""
