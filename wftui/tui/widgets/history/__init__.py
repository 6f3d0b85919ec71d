"""The list of runs: its filters, its pages, its rows."""
