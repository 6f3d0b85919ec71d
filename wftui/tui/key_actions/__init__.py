"""Actions of the big screens, and sentences that name their keys.

Screens, widgets and the app import it; it imports only `actions` and `display`.
"""
