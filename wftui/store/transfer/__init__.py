"""Runs as files: written from a database, checked and taken into another.

Imports all other rooms of the store.
"""
