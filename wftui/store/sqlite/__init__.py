"""The database file: opening, migrations, the writing connection, readers and checkpoints.

The lowest room of `store`; the rooms above bring the SQL.
"""
