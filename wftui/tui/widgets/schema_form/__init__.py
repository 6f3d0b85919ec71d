"""Forms generated from a JSON Schema, fully usable by keyboard and mouse.

Rows show label, editor and note. `form` is the entry point; the rows import editors and layout.
"""
