"""Incremental formatting of JSON text as display lines.

The text may come in chunks of any size: 50 MB show their first screen at once, and nothing is formatted before it is
scrolled to. A multi-line string is shown as a quoted block, not as one line of escapes.
"""

import json
import re

from rich.cells import cell_len

from wftui.model.base import Json
from wftui.tui.widgets.value.line_parts import CLOSING, REST, Kind, Line, LinePlace, Part
from wftui.tui.widgets.value.packed_lines import PackedLines

LONGEST_TEXT = 50_000
"""Maximum number of characters of one string in a line; a longer one is shown in pieces."""
_ESCAPE = 12
"""Characters by which a piece may be shorter, so that no escape is cut."""
MOST_LINES = 20_000_000
"""Maximum number of lines shown of one value; copy and export are complete."""
INDENT = 2

_TOKEN = re.compile(r'\s*(?:([{\[}\],:])|("(?:[^"\\]|\\.)*")|([^\s{}\[\],:"]+)(?=[\s{}\[\],:"]))', re.DOTALL)
_STRING_START = re.compile(r'(?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*')


class ValueLines:
    """The lines of one value, wrapped to a width; `add` text, `ensure` lines."""

    def __init__(self, width: int) -> None:
        self.lines = PackedLines()
        self.complete = False
        self.left_out = False
        """True if parts of the value have no line."""
        self._width = max(16, width)
        self._text = ""
        self._before = 0  # characters of the value before the text
        self._at = 0
        self._token_at = 0
        self._whole = False
        self._in_string = False
        self._is_block: bool | None = None
        self._open: list[str] = []
        self._counts = [0]
        """Elements so far, of the value and of each open container."""
        self._place = LinePlace(0, REST, 0)
        self._fresh = False
        self._key_next = False
        self._line: list[Part] = []

    @classmethod
    def of(cls, value: Json, width: int) -> "ValueLines":
        """Return the lines of a value in memory."""
        made = cls(width)
        made.add(json.dumps(value, ensure_ascii=False), last=True)
        return made

    def add(self, text: str, *, last: bool = False) -> None:
        """Add the next chunk of JSON text; `last` marks the end, complete or not."""
        self._before += self._at
        self._text = self._text[self._at :] + text + (" " if last else "")
        self._at = 0
        self._whole = self._whole or last

    @property
    def is_hungry(self) -> bool:
        """Return whether more text is needed."""
        return not self.complete and not self._whole

    def ensure(self, count: int) -> bool:
        """Make lines until there are `count` or text runs out; True if any are new."""
        before = len(self.lines)
        while not self.complete and len(self.lines) < count:
            if len(self.lines) >= MOST_LINES:
                self.lines.append(((f"… truncated after {MOST_LINES:,} lines", "note"),))
                self.complete = self.left_out = True
            elif not self._token():
                if self._whole:
                    self._finish()
                break
        return len(self.lines) > before

    # --- tokens

    def _token(self) -> bool:
        """Consume one token; False if it is incomplete."""
        if self._in_string:
            return self._piece()
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            return self._cut_string()
        self._at = found.end()
        self._token_at = self._before + found.start(found.lastindex or 0)
        mark, string, word = found.groups()
        if mark:
            self._mark(mark)
        elif string is not None and len(string) <= LONGEST_TEXT and "\\" not in string and string.isprintable():
            self._scalar(string, "key" if self._key_next else "string")  # as it is shown
        elif string is not None and len(string) > LONGEST_TEXT:
            return self._long_string(found.start(2))
        elif string is not None:
            self._string(json.loads(string, strict=False))
        else:
            self._scalar(word, "number" if word[0] in "-0123456789" else "word")
        return True

    def _cut_string(self) -> bool:
        """Show the start of a string that is too long or unterminated."""
        start = self._text.find('"', self._at)
        rest = len(self._text) - start
        if start < 0 or self._text[self._at : start].strip() or not (self._whole or rest > LONGEST_TEXT + 20):
            return False
        return self._long_string(start)

    def _long_string(self, start: int) -> bool:
        """Begin a string that is shown in pieces, each a line of its own."""
        self._token_at = self._before + start
        self._begin()
        self._is_at()
        self._at = start + 1
        self._in_string, self._is_block = True, None
        return self._piece()

    def _piece(self) -> bool:
        """Show the next piece of a string; False if its text has not arrived."""
        limit = self._at + LONGEST_TEXT
        found = _STRING_START.match(self._text, self._at, limit)
        end = found.end() if found is not None else self._at
        has_ended = self._text[end : end + 1] == '"' and end < limit
        if not has_ended and end < limit - _ESCAPE and not self._whole:
            return False
        is_cut = not has_ended and end < limit - _ESCAPE
        text = self._text[self._at : end].removesuffix(" " * is_cut)  # the one that `add` appends
        self._show_piece(json.loads(f'"{text}"', strict=False), is_last=has_ended or is_cut)
        self._at = len(self._text) if is_cut else end + has_ended
        self._in_string = not (has_ended or is_cut)
        if is_cut:
            self.left_out = True
            self._line.append(("… truncated", "note"))
            self._new_line()
        return True

    def _show_piece(self, text: str, *, is_last: bool) -> None:
        is_first = self._is_block is None
        if self._is_block is None:
            self._is_block = "\n" in text and not self._key_next
            self._line.append(('"""', "mark") if self._is_block else ('"', "string"))
        if self._is_block:
            for number, line in enumerate(text.split("\n")):
                self._new_line(deeper=1, continues=not is_first and not number)
                self._line.append((_safe(line.expandtabs(4)), "string"))
            if is_last:
                self._new_line()
                self._line.append(('"""', "mark"))
            return
        if not is_first:
            self._new_line(deeper=1, continues=True)
        self._line.append((_quoted(text)[1:-1] + '"' * is_last, "key" if self._key_next else "string"))

    def _mark(self, mark: str) -> None:
        if mark in "{[":
            self._begin()
            self._is_at()
            self._line.append((mark, "mark"))
            self._open.append(mark)
            self._counts.append(0)
            self._fresh, self._key_next = True, mark == "{"
        elif mark in "}]":
            count = self._counts.pop() + (not self._fresh) if self._open else 0
            if self._open:
                self._open.pop()
            if not self._fresh:
                self._new_line()
                self._place = LinePlace(len(self._open), CLOSING - count, self._token_at)
            self._fresh = False
            self._line.append((mark, "mark"))
        elif mark == ",":
            if self._has_content:
                self._line.append((",", "mark"))
                self._new_line()
            self._counts[-1] += 1
            self._key_next = self._open[-1:] == ["{"]
        else:
            self._line.append((": ", "mark"))
            self._key_next = False

    def _begin(self) -> None:
        """Start a new line for the first element of a container."""
        if self._fresh:
            self._new_line()
            self._fresh = False

    def _string(self, text: str) -> None:
        if self._key_next:
            self._scalar(_quoted(text), "key")
        elif "\n" in text:
            self._text_block(text)
        else:
            self._scalar(_quoted(text), "string")

    def _is_at(self) -> None:
        """Keep where the element of this line begins."""
        if self._place.number == REST:
            self._place = LinePlace(len(self._open), self._counts[-1], self._token_at)

    def _scalar(self, text: str, kind: Kind) -> None:
        self._begin()
        self._is_at()
        self._line.append((text, kind))

    def _text_block(self, text: str) -> None:
        self._scalar('"""', "mark")
        for line in text.removesuffix("\n").split("\n"):
            self._new_line(deeper=1)
            self._line.append((_safe(line.expandtabs(4)), "string"))
        self._new_line()
        self._line.append(('"""', "mark"))

    # --- lines

    def _new_line(self, deeper: int = 0, *, continues: bool = False) -> None:
        if self._has_content:
            self._flush()
        depth = min(len(self._open) + deeper, self._width // (2 * INDENT))
        self._line = [(" " * (INDENT * depth), "more" if continues else "mark")]
        self._place = LinePlace(len(self._open), REST, self._token_at)

    @property
    def _has_content(self) -> bool:
        return len(self._line) > 1 or any(text.strip() for text, _ in self._line)

    def _flush(self) -> None:
        line = tuple(self._line)
        place = self._place
        text = "".join([part for part, _ in line])
        if (len(text) if text.isascii() else cell_len(text)) <= self._width:
            self.lines.append(line, place)
        else:
            for part in fold_line(line, self._width):
                self.lines.append(part, place)
                place = LinePlace(place.depth, REST, place.start)

    def _finish(self) -> None:
        rest = self._text[self._at :].strip()
        if rest and not self._in_string:
            self._line.append((_safe(rest), "word"))
        if self._has_content:
            self._flush()
        self.complete = True


def _quoted(text: str) -> str:
    """Return JSON text with control and bidirectional characters escaped."""
    return _safe(json.dumps(text, ensure_ascii=False))


def _safe(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in text)


def fold_line(line: Line, width: int) -> list[Line]:
    """Wrap a line to `width` cells; continuation lines are indented."""
    first = line[0][0]
    indent = min(len(first) - len(first.lstrip(" ")) + INDENT, width // 2)
    lines: list[Line] = []
    parts: list[Part] = []
    used = 0
    for text, kind in line:
        position = 0
        while position < len(text):
            piece = text[position : position + width - used]
            while cell_len(piece) > width - used:
                piece = piece[:-1]
            if piece:
                parts.append((piece, kind))
                used += cell_len(piece)
                position += len(piece)
            if position < len(text):
                lines.append(tuple(parts))
                parts, used = [(" " * indent, "fold")], indent
    lines.append(tuple(parts))
    return lines
