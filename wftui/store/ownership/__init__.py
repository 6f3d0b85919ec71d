"""Ownership of runs: owner marks, claims, leases, and signals between processes.

Imports `store.sqlite`.
"""
