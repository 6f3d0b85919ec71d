"""The runs of this process and the requests for those of others; start, resume, rerun, cancel.

The top room of `engine`: the workbench asks only here and in `engine.restart`.
"""
