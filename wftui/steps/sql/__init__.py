"""The `sql` step, on SQLite and on databases supported by SQLAlchemy.

Imports `steps.files` and below.
"""
