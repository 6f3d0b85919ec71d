"""JSON values and texts: pointers, values too big to be walked at once, incremental reading and writing.

The lowest room of `model`; imports only `model.base`.
"""
