"""Runs of this process and requests to others: start, resume, rerun, cancel.

The top room of `engine`; the workbench uses only this room and `engine.restart`.
"""
