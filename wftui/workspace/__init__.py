"""`tables/` on disk: found, read, written atomically. Imports `model`."""
