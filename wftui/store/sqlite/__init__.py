"""The database file: opening, migrations, writing, reading and checkpoints.

The lowest room of `store`; the rooms above it provide the SQL.
"""
