"""Child processes of steps: started, watched, and ended with everything they started.

Imports `steps.text`.
"""
