"""Texts: cuts, glyphs, styles, suggestions, and what terminals may be sent.

Imports only `model.base`; imported by every room above.
"""
