"""Command modules, one per group; `cli.dispatch` loads them on demand."""
