"""The `email` step: send messages through a mail server.

Imports `steps.files` and below.
"""
