"""Steps about the run itself: `set`, `assert`, `delay`, `approval`, `workflow`.

Imports `steps.api`.
"""
