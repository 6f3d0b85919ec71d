"""Connections, references to secrets, and redaction: the choke point no secret passes. Imports `model`, `runtime`."""
