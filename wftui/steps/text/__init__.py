"""Text of processes and servers: bounded capture, lines, JSON, events.

Imports nothing of the other rooms.
"""
