"""Sanitizing of program output: colours stay, other control sequences go."""

import re

from rich.text import Text
from textual.content import Content

TAB = 8
LONGEST = 10_000
"""Maximum length of a displayed line, in characters."""

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_ESCAPES = re.compile(
    r"""
      \x1b\[ (?! [0-9;:]* m ) [0-?]* [ -/]* [@-~]?     # a control sequence other than a colour
    | \x1b [\]PX^_] .*? (?: \x1b\\ | \x07 | \x9c | $ )  # a string: title, link, clipboard, device control
    | \x1b (?! \[ ) [ -/]* [0-~]?                       # any other escape
    """,
    re.VERBOSE | re.DOTALL,
)
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def clean(line: str) -> str:
    """Strip control sequences except colours; apply carriage returns."""
    if "\r" in line:
        line = line.rstrip("\r").rpartition("\r")[2]
    if len(line) > LONGEST:
        line = f"{line[:LONGEST]}… ({len(line):,} characters)"
    if "\x1b" in line:
        line = _ESCAPES.sub("", line)
    if not line.isascii() or not line.isprintable():
        line = _CONTROLS.sub("", line.expandtabs(TAB)) if "\t" in line else _CONTROLS.sub("", line)
    return line


def plain(line: str) -> str:
    """Strip colours from a clean line, for search, filter and copy."""
    return _COLOUR.sub("", line) if "\x1b" in line else line


def coloured(line: str) -> Content:
    """Return a clean line as styled content."""
    if "\x1b" not in line:
        return Content(line)
    return Content.from_rich_text(Text.from_ansi(line))
