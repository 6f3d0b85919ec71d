"""Drawings of a workflow's steps in terminal cells: as a graph and as a list. Used by the views above."""
