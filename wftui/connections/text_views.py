"""Views of a text to search: without line breaks, or without invisible characters."""

import re
from bisect import bisect_right

Span = tuple[int, int]

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


class View:
    """A text with stretches left out, and the position of each character in it."""

    def __init__(self, text: str, left_out: re.Pattern[str], shown: str | None = None) -> None:
        self._source = text
        self._pattern = left_out
        self.text = left_out.sub("", text) if shown is None else shown
        self._borders: tuple[list[int], list[int]] | None = None

    def in_source(self, span: Span) -> Span:
        """Return where a stretch of the view stands in the text."""
        return self._position(span[0]), self._position(span[1] - 1) + 1

    def _position(self, index: int) -> int:
        if len(self.text) == len(self._source):
            return index
        if self._borders is None:
            # In the view each stretch left out is a border; what stands behind it is moved by all before it.
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


def joined(text: str) -> str:
    """Return a text without its line breaks."""
    lines = "".join(text.split("\n"))  # several times as fast as `replace`
    return lines.replace("\r", "")


def _holds_controls(text: str) -> bool:
    return bool(text.encode("ascii").translate(None, _VISIBLE)) if text.isascii() else not text.isprintable()


def views(text: str) -> list[View]:
    """Return what to search in place of a text.

    Its lines joined, and, where these differ, what a terminal shows and what escapes in a text stand for.
    """
    lines = joined(text)
    escapes = "\\" in text
    found = [View(text, _LINE_BREAKS, lines)]
    if _INDENTED.search(text):
        found.append(View(text, _SPACE))
    # Cheap questions first: most texts are plain lines.
    if _holds_controls(lines) or _SOFT_BREAK.search(text) or (escapes and _CONTINUED.search(text)):
        found.append(View(text, _PLAIN))
    if escapes and _HAS_ESCAPED.search(text):
        patterns = _WRITTEN_INDENTED if "\\n " in text else _WRITTEN
        found += [View(text, pattern) for pattern in patterns[: 2 if "\\\\" in text else 1]]
    return found
