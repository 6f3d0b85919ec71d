"""What a compiled `workflow.py` imports: the plan it is made of, and the few functions its expressions call.

Pure: no I/O, no clock, no randomness, and nothing of the engine, so that a compiled workflow can be imported by any
program (and any engine). Imports only `model`.
"""
