"""JSON Schemas read as data: references, secret values, formats and facets of one value.

Imported by `model.forms`, `model.workflow` and every layer above; imports `model.json` and the flat modules of `model`.
"""
