"""JSON values and texts: pointers, big values, incremental reading and writing.

The lowest room of `model`; imports only `model.base`.
"""
