"""The `sql` step, on SQLite and on what SQLAlchemy speaks to.

Imports `steps.files` and below.
"""
