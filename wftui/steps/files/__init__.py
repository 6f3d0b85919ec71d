"""Files that steps read and write: paths of a run, formats, folder trees, archives.

Imports `steps.api` and `steps.text`.
"""
