"""The terminal: its abilities, the driver, keys typed ahead, the user's editor.

Knows no screen and no widget; imported by the app and by screens that hand the terminal over.
"""
