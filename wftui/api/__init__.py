"""The HTTP face: the original's routes over the workbench."""
