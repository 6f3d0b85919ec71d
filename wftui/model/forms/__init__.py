"""Forms: a JSON Schema as fields, the state of a form, and the equal command.

Imports `model.schema` and below; knows no widget.
"""
