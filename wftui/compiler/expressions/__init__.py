"""The expression language: Jinja's syntax, our meaning, plain Python out."""
