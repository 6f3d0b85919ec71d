"""What finds a text, wherever a text is searched for."""

import re


def finder(text: str) -> re.Pattern[str]:
    """What finds a text in a line; letter case counts only when the text has a capital in it."""
    return re.compile(re.escape(text), re.IGNORECASE if text == text.lower() else 0)
