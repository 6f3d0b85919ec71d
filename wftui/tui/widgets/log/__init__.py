"""The log of a run: compact storage and the view over it."""
