"""Step type registry: built-in types, installed packages, trusted files.

Imports `steps.api`; the modules of built-in types are imported when first asked for.
"""
