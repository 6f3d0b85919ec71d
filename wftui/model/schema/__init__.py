"""JSON Schemas as data: references, secret values, formats and facets.

Imported by `model.forms`, `model.workflow` and every layer above; imports `model.json` and the flat modules of `model`.
"""
