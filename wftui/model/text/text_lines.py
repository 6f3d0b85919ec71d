"""Lines of text."""

import re

_LINE_END = re.compile(r"\r\n|\n|\r")


def split_lines(text: str) -> list[str]:
    r"""Split text at `\n`, `\r\n` and `\r`; a line end at the end begins no line.

    `str.splitlines` also ends lines at form feeds, U+2028 and other characters that occur inside texts, and even
    inside the strings of JSON.
    """
    lines = _LINE_END.split(text) if "\r" in text else text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines
