"""The `email` step: a message through a mail server.

Imports `steps.files` and below.
"""
