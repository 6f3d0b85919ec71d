"""Search for text."""

import re


def finder(text: str) -> re.Pattern[str]:
    """Return a pattern that finds a text; case matters only with a capital in it."""
    return re.compile(re.escape(text), re.IGNORECASE if text == text.lower() else 0)
