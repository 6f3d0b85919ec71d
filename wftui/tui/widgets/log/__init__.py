"""The log of a run: its lines kept small, and a view over them."""
