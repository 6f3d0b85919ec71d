"""Cuts of texts that end in messages, logs and previews.

An ellipsis marks each cut, so that the redaction of a run recognises half a secret beside it. A slice without a mark
could show one.
"""

import re

ELLIPSIS = "…"
"""Marks a truncated text."""

_BORDER = re.compile(r"\s")


def beginning(text: str, limit: int) -> str:
    """Return the first characters of a text, at most `limit`, the last one … if cut."""
    if len(text) <= limit:
        return text
    words = list(_BORDER.finditer(text, 0, limit))
    return text[: words[-1].start() if words else limit - 1].rstrip() + ELLIPSIS


def ending(text: str, limit: int) -> str:
    """Return the last characters of a text, at most `limit`, the first one … if cut."""
    if len(text) <= limit:
        return text
    start = len(text) - limit + 1
    border = _BORDER.search(text, start - 1)
    return ELLIPSIS + text[border.end() if border and border.end() < len(text) else start :]
