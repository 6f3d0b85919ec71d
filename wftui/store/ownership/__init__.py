"""Which process runs which run: owner marks, claims, leases, and signals between processes.

Imports `store.sqlite`.
"""
