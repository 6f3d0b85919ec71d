"""Base classes of screens, dialogs and forms.

Actions with their reasons, panes, titles of errors. Imported by every other room of screens, imports none of them.
"""
