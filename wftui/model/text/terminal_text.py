"""Text for terminals, without control sequences and invisible characters.

Patterns are compiled when they are first used: every start loads them.
"""

import re
import unicodedata

_INVISIBLE = (
    r"\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
"""C1 controls, line separators, bidirectional controls, and characters without width or glyph."""
_CONTROLS = rf"[\x00-\x08\x0b-\x1a\x1c-\x1f{_INVISIBLE}]"
"""All but tab, line feed and escape."""
_JOINERS = "[\u200c\u200d]+"
_IN_JSON = rf"[{_INVISIBLE}\u200c\u200d]"
"""JSON writers escape the other control characters themselves."""
_COLOR = r"\x1b\[[0-9;:]*m"
_ESCAPES = r"""(?x)
      \x1b\[ (?! [0-9;:]* m ) [0-?]* [ -/]* [@-~]?             # a control sequence other than a color
    | \x1b [\]PX^_] [^\x1b\x07\x9c\n]* (?: \x1b\\ | [\x07\x9c] )  # a string: title, link, clipboard, device control
    | \x1b (?! \[ ) [ -/]* [0-~]?                              # any other escape; an endless string keeps its text
"""
_RESET = "\x1b[0m"


def clean_text(text: str) -> str:
    """Strip all that a terminal acts on except colors, tabs and line feeds.

    A carriage return begins a line of its own: it must not overwrite the text before it. Joiners stay where writing
    and emoji need them; elsewhere they only make different texts look the same.
    """
    if text.isprintable():
        return text
    if "\r" in text:
        text = re.sub(r"\r+\n|\r+", "\n", text)
    if "\x1b" in text:
        text = re.sub(_ESCAPES, "", text)
    text = re.sub(_CONTROLS, "", text)
    return re.sub(_JOINERS, lambda found: found.group() if joins(text, found.start()) else "", text)


def joins(text: str, at: int) -> bool:
    """Return whether a joiner is isolated between two non-ASCII letters or signs."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return _is_joinable(before, "LMS") and _is_joinable(after, "LS")


def _is_joinable(char: str, categories: str) -> bool:
    return bool(char) and not char.isascii() and unicodedata.category(char)[0] in categories


def clean_cell(text: str) -> str:
    """Return a clean text as one line, such as a cell of a table."""
    return text if text.isprintable() else re.sub(r"[ \t]*[\n\t]+[ \t]*", " ", clean_text(text))


def without_colors(text: str) -> str:
    """Strip the colors of a clean text."""
    return re.sub(_COLOR, "", text) if "\x1b" in text else text


def ending_colors(text: str) -> str:
    """Return a clean text with a reset after each line that leaves a color on."""
    if "\x1b" not in text:
        return text
    lines = []
    for line in text.split("\n"):
        colors = re.findall(_COLOR, line)
        lines.append(line + _RESET if colors and colors[-1] not in {_RESET, "\x1b[m"} else line)
    return "\n".join(lines)


def clean_json(text: str) -> str:
    r"""Escape the characters of a JSON text that a terminal acts on, as `\uXXXX`."""
    return text if text.isascii() and "\x7f" not in text else re.sub(_IN_JSON, _escape, text)


def _escape(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
