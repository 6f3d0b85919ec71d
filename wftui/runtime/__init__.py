"""The imports of a compiled `workflow.py`: plans, and functions for expressions.

Pure: no I/O, no clock, no randomness, and nothing of the engine, so that a compiled workflow can be imported by any
program (and any engine). Imports only `model`.
"""
