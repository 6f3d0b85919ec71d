"""Regular expressions of strangers: refused, bounded, or searched in a process that can be stopped.

Imports `runtime.language` and below.
"""
