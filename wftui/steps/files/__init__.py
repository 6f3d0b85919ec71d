"""Files of steps: paths, formats, folder trees, archives.

Imports `steps.api` and `steps.text`.
"""
