"""Editors for single values of a form, one per kind of field. They know nothing of the rows around them."""
