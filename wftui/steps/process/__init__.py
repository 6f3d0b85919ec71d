"""Child processes of steps: started, watched, ended as whole trees.

Imports `steps.text`.
"""
