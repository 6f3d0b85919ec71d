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


_LONG_BLANKS = re.compile(" {11,}| {6,}$")
"""Blanks that take fewer bytes if they are erased; after those in the middle the cursor is moved."""
_NOWHERE = ("", -1)
"""Place of a cursor that may be anywhere."""


class ShownCells:
    """The characters and styles that were written last, by row and column.

    Args:
        erases: the terminal erases cells with the background of the moment.
    """

    def __init__(self, *, erases: bool = True) -> None:
        self._rows: dict[str, _Row] = {}
        self._erases = erases

    def forget(self) -> None:
        """Forget everything: the next frame is written as a whole."""
        self._rows.clear()

    def changed(self, update: ChopsUpdate | LayoutUpdate) -> "CellUpdate":
        """Return an update that writes only the cells that differ."""
        return CellUpdate(self, update)

    def without_shown(self, sequence: str) -> str:
        """Return a shorter sequence that draws the same; take its cells as shown."""
        before, *pieces = _MOVE.split(sequence)
        output = _Output(before, erases=self._erases)
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


class _Run(NamedTuple):
    """Cells of a row with one look.

    Attributes:
        first: column of the first cell.
        cells: a character for each cell, that of the second half of a wide one being `\\0`.
        erased: blanks after them, which are erased rather than written.
    """

    number: str
    first: int
    cells: str
    look: _Look
    erased: int = 0


class _Written(NamedTuple):
    """Parts of a sequence, and look and place of the cursor after them."""

    parts: list[str]
    look: _Look
    place: tuple[str, int]


class _Output:
    """A sequence with no more changes of style and position than it needs."""

    def __init__(self, before: str, *, erases: bool) -> None:
        self._written = _Written([before], _PLAIN, _NOWHERE)
        self._blanks = _LONG_BLANKS if erases else None
        self._waiting: list[_Run] = []
        self._taken: dict[str, list[tuple[int, int]]] = {}

    def write_as_it_is(self, number: str, start: int, text: str) -> None:
        """Write a text whose width terminals disagree about."""
        self._write_waiting()
        self._become(_PLAIN)
        self._written.parts.append(f"\x1b[{number};{start + 1}H{text}")
        self._written = self._written._replace(place=_NOWHERE)

    def write(self, number: str, first: int, row: _Row, end: int) -> None:
        """Write a stretch of a row."""
        if any(first < after and begin < end for begin, after in self._taken.get(number, ())):
            self._write_waiting()  # cells that are written twice are so in this order
        self._taken.setdefault(number, []).append((first, end))
        for look, begin, after in _runs(row.looks, first, end):
            cells = "".join(each or "\0" for each in row.characters[begin:after])
            at = 0
            for blanks in self._blanks.finditer(cells) if self._blanks and _takes_blanks(look) else ():
                run = _Run(number, begin + at, cells[at : blanks.start()], look, len(blanks[0]))
                self._waiting.append(run)
                at = blanks.end()
            if at < len(cells):
                self._waiting.append(_Run(number, begin + at, cells[at:], look))

    def _write_waiting(self) -> None:
        """Write the pending cells row by row, or look by look if that is shorter.

        A change between colors out of millions takes more bytes than a move.
        """
        waiting, self._waiting = self._waiting, []
        self._taken.clear()
        by_look: dict[str, dict[_Look, list[_Run]]] = {}
        for run in waiting:
            by_look.setdefault(run.look.background, {}).setdefault(run.look, []).append(run)
        grouped = [run for looks in by_look.values() for runs in looks.values() for run in runs]
        one, other = self._after(waiting), self._after(grouped)
        best = other if sum(map(len, other.parts)) < sum(map(len, one.parts)) else one
        self._written = best._replace(parts=self._written.parts + best.parts)

    def _after(self, runs: Sequence[_Run]) -> _Written:
        """Return the sequences that write runs in this order."""
        _, look, place = self._written
        parts: list[str] = []
        for run in runs:
            if place != (run.number, run.first):
                is_in_row = place[0] == run.number
                parts.append(f"\x1b[{run.first + 1}G" if is_in_row else f"\x1b[{run.number};{run.first + 1}H")
            change, look = _change(look, run.look)
            parts += (change, run.cells.replace("\0", ""))
            if run.erased:
                parts.append(f"\x1b[{run.erased}X")
            place = run.number, run.first + len(run.cells)
        return _Written(parts, look, place)

    def _become(self, look: _Look) -> None:
        change, now = _change(self._written.look, look)
        self._written.parts.append(change)
        self._written = self._written._replace(look=now)

    def finished(self) -> str:
        """Return the sequence, which ends without a style."""
        self._write_waiting()
        self._become(_PLAIN)
        return "".join(self._written.parts)


def _takes_blanks(look: _Look) -> bool:
    """Return whether a blank in this look shows its background only."""
    return not look.link and _UNSEEN.issuperset(look.attributes)


def _runs(looks: Sequence[_Look], first: int, end: int) -> list[tuple[_Look, int, int]]:
    """Return look, begin and end of the runs; blanks join a neighbour if possible."""
    runs: list[tuple[_Look, int, int]] = []
    for at in range(first, end):
        look = looks[at]
        if runs:
            last, begin, _ = runs[-1]
            if look is last or look == last or (look.color is None and _holds_blanks(last, look)):
                runs[-1] = last, begin, at + 1
                continue
            if last.color is None and _holds_blanks(look, last):
                runs[-1] = look, begin, at + 1
                continue
        runs.append((look, at, at + 1))
    return runs


def _holds_blanks(look: _Look, blank: _Look) -> bool:
    return look.background == blank.background and _takes_blanks(look)


def _change(before: _Look, after: _Look) -> tuple[str, _Look]:
    """Return the sequence from one look to another, and the look that it leads to."""
    if after.color is None:
        attributes = before.attributes if _takes_blanks(before) else ()
        after = _Look(attributes, before.color, after.background)
    return (_transition(before, after) if after != before else ""), after


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
