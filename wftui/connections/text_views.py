"""Views of a text to search: without line breaks, or without invisible characters."""

import re
from bisect import bisect_right
from functools import lru_cache
from html import unescape
from typing import Protocol

Span = tuple[int, int]


class TextView(Protocol):
    """A text to search in place of another one."""

    @property
    def text(self) -> str:
        """The text to search."""

    def in_source(self, span: Span) -> Span:
        """Return the position of a stretch of the view in the text."""


_LINE_BREAKS = re.compile(r"[\r\n]+")
_SPACE = re.compile(r"\s+")
_CONTROL_SEQUENCE = r"\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]+[0-~]|[0-~]"
_UNSEEN = r"\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_INVISIBLE = (
    rf"\x1b(?:{_CONTROL_SEQUENCE})?"
    r"|\x9b[0-?]*[ -/]*[@-~]|[\x90\x98\x9d-\x9f][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    rf"|[\x00-\x1f{_UNSEEN}]+"
    # Line breaks of quoted-printable mail, and of a shell's continued line.
    r"|=\r?\n|\\\r?\n"
)
_VISIBLE = bytes([9, *range(32, 127)])
# Patterns that begin with a character are searched for several times as fast as texts of two characters.
_INDENTED = re.compile(r"\n[ \t]")
_SOFT_BREAK = re.compile(r"=\r?\n")
_CONTINUED = re.compile(r"\\\r?\n")
_ESCAPED = (
    r"(?:(?:x1[bB]|u001[bB]|033|e)(?:\[[0-?]*[ -/]*[@-~]|\].{0,200}?(?:a|u0007|x07))"
    r"|(?:u009[bB]|x9[bB])[0-?]*[ -/]*[@-~]"
    r"|u00[018][0-9a-fA-F]|u009[0-9a-fA-F]|u007[fF]|u00[aA][dD]|u20[0-6][0-9a-fA-F]|u[fF][eE][fF]{2}|[nrbf])"
)
"""Control characters and sequences as JSON, Python and shells write them in a text, behind one backslash or more."""
_HAS_ESCAPED = re.compile(r"\\(?:[nrbfe]|x[19]|u[02fF]|033)")
_LEVELS = (r"\\", r"\\\\")
_WRITTEN = [re.compile(f"{_INVISIBLE}|{marks}{_ESCAPED}") for marks in _LEVELS]
_WRITTEN_INDENTED = [re.compile(rf"{_INVISIBLE}|{marks}{_ESCAPED}|\s+") for marks in _LEVELS]
_PLAIN = re.compile(_INVISIBLE)
_CODED = re.compile(
    r"%[0-9a-fA-F]{2}|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);"
    r"|\\(?:x[0-9a-fA-F]{2}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}"
    r"|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|[0-3][0-7]{2}|[!-/:-@\[-`{-~])"
)
"""Characters written by their numbers or names in URLs, JSON, programs and markup, or behind a backslash.

A byte is taken for a character: secrets are looked for in that form, too.
"""
_HAS_CODED = re.compile(
    r"%[0-9a-fA-F]{2}|\\(?:x[0-9a-fA-F]{2}|[0-3][0-7]{2}|u00[2-9a-fA-F]|u0[1-9a-fA-F]|u[1-9a-fA-F]|U00)"
    r"|&(?:#\d|#[xX]|amp|lt|gt|quot|apos)"
)
_ESCAPED_MARK = re.compile(r"\\[!#-.:-@\[\]^_`{-~]")
_CODE_LEVELS = 2
"""Depth of codes within codes, as in a URL within a URL."""


class View:
    """A text with stretches left out, and the position of each character in it."""

    def __init__(self, text: str, left_out: re.Pattern[str], shown: str | None = None) -> None:
        self._source = text
        self._pattern = left_out
        self.text = left_out.sub("", text) if shown is None else shown
        self._borders: tuple[list[int], list[int]] | None = None

    def in_source(self, span: Span) -> Span:
        """Return the position of a stretch of the view in the text."""
        return self._position(span[0]), self._position(span[1] - 1) + 1

    def _position(self, index: int) -> int:
        if len(self.text) == len(self._source):
            return index
        if self._borders is None:
            # In the view each stretch left out is a border; what follows it is moved by all before it.
            starts, moved = [], []
            total = 0
            for found in self._pattern.finditer(self._source):
                starts.append(found.start() - total)
                total += found.end() - found.start()
                moved.append(total)
            self._borders = starts, moved
        starts, moved = self._borders
        before = bisect_right(starts, index)
        return index + (moved[before - 1] if before else 0)


class DecodedView:
    """A text with its codes decoded, and the position of each character in it."""

    def __init__(self, source: TextView) -> None:
        self._source = source
        self.text = _CODED.sub(_decoded, source.text)
        self._borders: tuple[list[int], list[int]] | None = None

    def in_source(self, span: Span) -> Span:
        """Return the position of a stretch of the view in the text."""
        return self._source.in_source((self._position(span[0]), self._position(span[1])))

    def _position(self, index: int) -> int:
        if self._borders is None:
            # Behind each code everything is moved by its length but one.
            starts, moved = [], []
            total = 0
            for found in _CODED.finditer(self._source.text):
                starts.append(found.start() - total + 1)
                total += found.end() - found.start() - 1
                moved.append(total)
            self._borders = starts, moved
        starts, moved = self._borders
        before = bisect_right(starts, index)
        return index + (moved[before - 1] if before else 0)


def _decoded(found: re.Match[str]) -> str:
    return _decode(found[0])


@lru_cache(4096)
def _decode(code: str) -> str:
    """Return the one character that a code stands for."""
    if code[0] == "&":
        return unescape(code)[:1] or "\ufffd"
    if code[0] == "%":
        return chr(int(code[1:], 16))
    kind, digits = code[1], code[2:]
    if kind == "u" and len(code) > 6:
        high, low = int(digits[:4], 16), int(digits[6:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    if kind in "xuU":
        return chr(int(digits, 16))
    return chr(int(code[1:], 8)) if kind.isdigit() else kind


def joined(text: str) -> str:
    """Return a text without its line breaks."""
    lines = "".join(text.split("\n"))  # several times as fast as `replace`
    return lines.replace("\r", "")


def _holds_controls(text: str) -> bool:
    return bool(text.encode("ascii").translate(None, _VISIBLE)) if text.isascii() else not text.isprintable()


def views(text: str) -> list[TextView]:
    """Return what to search in place of a text.

    Its lines joined, and, where these differ, what a terminal shows and what escapes in a text stand for.
    """
    lines = joined(text)
    escapes = "\\" in text
    found: list[TextView] = [View(text, _LINE_BREAKS, lines)]
    if _INDENTED.search(text):
        found.append(View(text, _SPACE))
    # Cheap questions first: most texts are plain lines.
    if _holds_controls(lines) or _SOFT_BREAK.search(text) or (escapes and _CONTINUED.search(text)):
        found.append(View(text, _PLAIN))
    if escapes and _HAS_ESCAPED.search(text):
        patterns = _WRITTEN_INDENTED if "\\n " in text else _WRITTEN
        found += [View(text, pattern) for pattern in patterns[: 2 if "\\\\" in text else 1]]
    decoded = found[0]
    for _ in range(_CODE_LEVELS):
        if not _is_coded(decoded.text):
            break
        decoded = DecodedView(decoded)
        found.append(decoded)
    return found


def _is_coded(text: str) -> bool:
    if "\\" in text and _ESCAPED_MARK.search(text):
        return True
    return ("%" in text or "&" in text or "\\" in text) and _HAS_CODED.search(text) is not None
