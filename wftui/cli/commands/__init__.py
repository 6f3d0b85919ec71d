"""Commands, one module per group; loaded by `cli.dispatch` when their command runs."""
