"""A JSON Schema as the fields of a form, the state of a filled-in form, and the equal command.

Imports `model.schema` and below; knows no widget.
"""
