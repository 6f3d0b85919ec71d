"""A workflow's source while it is edited: its file, its steps, its live check.

Shows nothing; the editor's screens import it.
"""
