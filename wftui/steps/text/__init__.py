"""Text from processes and servers: bounded capture, log lines, JSON, progress, server-sent events.

Imports nothing of the other rooms.
"""
