"""Runs of the past: lists, pages, search and statistics. Nothing here writes.

Imports `store.events` and below.
"""
