"""The step types by name: built-in, of installed packages, of a workspace's trusted files.

Imports `steps.api`; the modules of built-in types are imported when first asked for.
"""
