"""Write only the cells of a frame that differ from what the terminal shows.

Widgets repaint whole lines, screens all of them, for each key: over a slow line that is seconds.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import get_character_cell_size
from rich.console import Console
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate  # the updates that `App._display` gets

_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_TOKEN = re.compile(r"\x1b\[([0-9;:]*)m|\x1b\]8;([^\x1b\x07]*)(?:\x1b\\|\x07)|([^\x1b]+)")

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "7": "27", "9": "29"}
"""Code that ends an attribute, by its code."""
_UNSEEN = frozenset({"1", "2", "3", "5", "6", "8"})
"""Attributes that do not change a blank."""

_SHORTEST_MOVE = 5
"""Unchanged cells that are written again rather than skipped: moving the cursor takes as many bytes."""


class ShownCells:
    """The characters and styles that were written last, by row and column."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}

    def forget(self) -> None:
        """Forget everything: the next frame is written as a whole."""
        self._rows.clear()

    def changed(self, update: ChopsUpdate | LayoutUpdate) -> "CellUpdate":
        """Return an update that writes only the cells that differ."""
        return CellUpdate(self, update)

    def without_shown(self, sequence: str) -> str:
        """Return a shorter sequence that draws the same; take its cells as shown."""
        before, *pieces = _MOVE.split(sequence)
        output = _Output(before)
        for number, column, text in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
            text = text.rstrip("\r\n")
            start = int(column) - 1
            row = self._rows.get(number)
            if row is None:
                row = self._rows[number] = _Row()
            if row.drawn.get(start) == text:
                continue
            cells = _cells(text)
            if cells is None:
                row.forget_from(start)
                output.write_as_it_is(number, start, text)
                row.drawn[start] = text
            else:
                for first, end in row.draw(start, cells):
                    output.write(number, first, row, end)
                row.drawn[start] = text
        return output.finished()


class _Look(NamedTuple):
    """Style of a cell; a color of `None` is any, as that of a blank is not seen."""

    attributes: tuple[str, ...] = ()
    color: str | None = ""
    background: str = ""
    link: str = ""


_PLAIN = _Look()


class _Cells(NamedTuple):
    """Characters and their looks; "" is the second half of a wide one."""

    characters: list[str]
    looks: list[_Look]


class _Row:
    """The known cells of a row; None is one that may show anything.

    Attributes:
        drawn: texts that were drawn by column, since the last change of the row.
    """

    def __init__(self) -> None:
        self.characters: list[str | None] = []
        self.looks: list[_Look] = []
        self.drawn: dict[int, str] = {}

    def forget_from(self, start: int) -> None:
        """Forget the cells from a column on."""
        del self.characters[start:], self.looks[start:]
        self.drawn.clear()

    def draw(self, start: int, cells: _Cells) -> list[tuple[int, int]]:
        """Take cells as shown; return the columns of the stretches that differ."""
        end = start + len(cells.characters)
        if not self.characters and not start and end:
            self.drawn.clear()
            self.characters[:], self.looks[:] = cells.characters, cells.looks
            return [(0, end)]
        missing = end - len(self.characters)
        if missing > 0:
            self.characters += [None] * missing
            self.looks += [_PLAIN] * missing
        known, looks = self.characters[start:end], self.looks[start:end]
        if known == cells.characters and looks == cells.looks:
            return []
        differing = [
            start + place
            for place, (old, new, look, other) in enumerate(
                zip(known, cells.characters, looks, cells.looks, strict=True)
            )
            if old != new or look != other
        ]
        self.drawn.clear()
        self.characters[start:end], self.looks[start:end] = cells.characters, cells.looks
        # Half of a wide character that is overwritten may take the other half with it.
        if start and known[:1] == [""]:
            self.characters[start - 1] = None
        if end < len(self.characters) and self.characters[end] == "":
            self.characters[end] = None
        return self._stretches(differing, end)

    def _stretches(self, columns: Sequence[int], end: int) -> list[tuple[int, int]]:
        stretches: list[tuple[int, int]] = []
        for column in columns:
            first = column - 1 if self.characters[column] == "" and column else column
            after = column + 2 if column + 1 < end and self.characters[column + 1] == "" else column + 1
            if stretches and (first <= stretches[-1][1] or self._is_written_through(stretches[-1][1], first)):
                stretches[-1] = (stretches[-1][0], max(after, stretches[-1][1]))
            else:
                stretches.append((first, after))
        return stretches

    def _is_written_through(self, begin: int, end: int) -> bool:
        """Return whether the cells between stretches are shorter than a move."""
        look = self.looks[begin - 1]
        alike = (look, look._replace(color=None))
        return end - begin < _SHORTEST_MOVE and all(
            self.looks[at] in alike and self.characters[at] is not None for at in range(begin, end)
        )


class _Output:
    """A sequence with no more changes of style and position than it needs."""

    def __init__(self, before: str) -> None:
        self._parts = [before]
        self._look = _PLAIN
        self._number = ""

    def write_as_it_is(self, number: str, start: int, text: str) -> None:
        """Write a text whose width terminals disagree about."""
        self._become(_PLAIN)
        self._parts.append(f"\x1b[{number};{start + 1}H{text}")
        self._number = ""

    def write(self, number: str, first: int, row: _Row, end: int) -> None:
        """Write a stretch of a row."""
        self._parts.append(f"\x1b[{first + 1}G" if number == self._number else f"\x1b[{number};{first + 1}H")
        self._number = number
        last: _Look | None = None
        for character, look in zip(row.characters[first:end], row.looks[first:end], strict=True):
            if look is not last:
                self._become(look)
                last = look
            self._parts.append(character or "")

    def _become(self, look: _Look) -> None:
        before = self._look
        if look.color is None:
            is_seen = before.link or not _UNSEEN.issuperset(before.attributes)
            attributes = () if is_seen else before.attributes
            look = _Look(attributes, before.color, look.background)
        if look != before:
            self._parts.append(_transition(before, look))
            self._look = look

    def finished(self) -> str:
        """Return the sequence, which ends without a style."""
        self._become(_PLAIN)
        return "".join(self._parts)


class CellUpdate(CompositorUpdate):
    """The cells of an update that differ from those shown."""

    def __init__(self, shown: ShownCells, update: ChopsUpdate | LayoutUpdate) -> None:
        self._shown = shown
        self._update = update

    def render_segments(self, console: Console) -> str:
        """Return the sequence of the cells that differ."""
        return self._shown.without_shown(self._update.render_segments(console))


def _cells(text: str) -> _Cells | None:
    """Return the cells of a text; None if terminals disagree about its width."""
    characters: list[str] = []
    looks: list[_Look] = []
    codes = link = ""
    at = 0
    for token in _TOKEN.finditer(text):
        if token.start() != at:
            return None
        at = token.end()
        more, target, plain = token.groups()
        if more is not None:
            codes = "" if more in ("", "0") else f"{codes};{more}" if codes else more
            continue
        if target is not None:
            link = "" if target == ";" else target
            continue
        if plain.isascii():
            if not plain.isprintable():
                return None
            characters += plain
        else:
            for character in plain:
                width = _width(character)
                if not width:
                    return None
                characters += (character, "") if width > 1 else (character,)
        look, blank = _looks(codes, link)
        if look is blank or " " not in plain:
            looks += [look] * (len(characters) - len(looks))
        else:
            looks += [blank if each == " " else look for each in characters[len(looks) :]]
    return _Cells(characters, looks) if at == len(text) else None


@lru_cache(4096)
def _width(character: str) -> int:
    """Return the cells of a character, or 0 if terminals disagree about it."""
    width = get_character_cell_size(character)
    if not character.isprintable() or character >= "\U0001f000":
        return 0
    if width > 1 and "\u2000" <= character <= "\u2e7f":
        return 0  # symbols that are emoji on some terminals
    return width


@lru_cache(1024)
def _transition(before: _Look, after: _Look) -> str:
    """Return the sequence from one look to another."""
    linked = "" if before.link == after.link else f"\x1b]8;{after.link or ';'}\x1b\\"
    if before[:3] == after[:3]:
        return linked
    if after[:3] == _PLAIN[:3]:
        return f"{linked}\x1b[m"
    gone = [each for each in before.attributes if each not in after.attributes]
    if any(each not in _OFF for each in gone):
        changes = ["0", *after.attributes, *filter(None, (after.color, after.background))]
        return f"{linked}\x1b[{';'.join(changes)}m"
    changes = [*dict.fromkeys(_OFF[each] for each in gone)]
    changes += [each for each in after.attributes if each not in before.attributes or _OFF.get(each) in changes]
    if before.color != after.color:
        changes.append(after.color or "39")
    if before.background != after.background:
        changes.append(after.background or "49")
    return f"{linked}\x1b[{';'.join(changes)}m"


@lru_cache(1024)
def _looks(codes: str, link: str) -> tuple[_Look, _Look]:
    """Return how characters and blanks are drawn with these codes."""
    attributes: dict[str, None] = {}
    color = background = ""
    parts = iter(codes.split(";") if codes else ())
    for part in parts:
        if part in ("38", "48"):
            kind = next(parts, "")
            value = ";".join([part, kind, *(next(parts, "") for _ in range(1 if kind == "5" else 3))])
            color, background = (value, background) if part == "38" else (color, value)
        elif _is_between(part, 30, 39) or _is_between(part, 90, 97):
            color = "" if part == "39" else part
        elif _is_between(part, 40, 49) or _is_between(part, 100, 107):
            background = "" if part == "49" else part
        elif part:
            attributes[part] = None
    look = _Look(tuple(attributes), color, background, link)
    return look, look if link or not _UNSEEN.issuperset(attributes) else _Look((), None, background)


def _is_between(part: str, first: int, last: int) -> bool:
    return part.isdecimal() and first <= int(part) <= last
