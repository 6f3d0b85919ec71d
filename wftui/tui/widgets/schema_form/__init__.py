"""A form made from a JSON Schema: rows of label, editor and note; groups and lists; everything by key and by mouse."""
