"""Screens over the workbench, one per module; opened by name.

They ask the workbench and show its replies. `screen_registry` imports each screen when it is first opened, and the
rooms do not import each other.
"""
