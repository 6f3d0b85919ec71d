"""Recovery of a damaged database: copy its readable rows into a new one.

Imports `store.events` and below; `execution_store` runs it when it opens a damaged file.
"""
