"""Connections, references to secrets, and redaction: the one choke point no secret passes. Imports `model`, `runtime`."""
