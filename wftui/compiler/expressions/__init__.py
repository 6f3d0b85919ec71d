"""The expression language: Jinja's syntax, stricter semantics, plain Python out."""
