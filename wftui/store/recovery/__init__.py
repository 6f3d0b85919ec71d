"""Recovery of a damaged database: what is readable of it goes into a new one.

Imports `store.events` and below; `execution_store` runs it when it opens a damaged file.
"""
