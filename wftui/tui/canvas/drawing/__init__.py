"""Drawings of a workflow's steps in terminal cells: as a graph and as a list.

Imports the graph and its layout; imported by the views.
"""
