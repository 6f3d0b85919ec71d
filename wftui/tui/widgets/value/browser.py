"""A value with parts to fold, address and copy."""

import asyncio
import re
from bisect import bisect_right

from wftui.model.json.writing import text_pieces
from wftui.tui.widgets.value.folds import LineFolds
from wftui.tui.widgets.value.line_parts import CLOSING
from wftui.tui.widgets.value.packed_lines import PackedLines
from wftui.tui.widgets.value.paths import (
    Key,
    closing_line,
    end_line,
    find_path,
    first_line,
    key_in,
    keys_to,
    path_text,
)
from wftui.tui.widgets.value.search import logical_line
from wftui.tui.widgets.value.view import ValueView

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_DEEPEST = 200
"""Levels of an address that is shown at each move of the cursor."""


class ValueBrowser(ValueView):
    """A value with folding and addresses; left folds, right unfolds."""

    def action_scroll_left(self) -> None:
        """Fold the container at the cursor, or the one around it."""
        self.run_worker(self.fold(), group="value-fold", exclusive=True)

    def action_scroll_right(self) -> None:
        """Unfold the container at the cursor."""
        self.unfold()

    # --- folding

    async def fold(self) -> None:
        """Fold the container at the cursor, or the one around it."""
        if not self._lines.lines:
            return
        lines = self._lines.lines
        first = first_line(lines, self.cursor_line)
        if self._folds.after(logical_line(lines, first).stop - 1) is not None or not await self._is_container(first):
            first = self._around(first)
        await self._fold_at(first)

    def unfold(self) -> bool:
        """Unfold the container at the cursor; return whether it was folded."""
        line = self.cursor_line
        hidden = self._folds.after(line)
        if hidden is None:
            return False
        self._folds.remove(hidden)
        self._show()
        self.post_message(self.Moved(self))
        return True

    async def fold_all(self) -> None:
        """Fold all elements of the outermost container, or unfold everything."""
        line = self.cursor_line
        if self._folds:
            self._folds = LineFolds()
        else:
            await self._all()
            lines = self._lines.lines
            folds = await asyncio.to_thread(lambda: LineFolds(_outer_folds(lines)))
            if lines is self._lines.lines:
                self._folds = folds
        self._show()
        self.show_row(self._row_of(line), centre=True)
        self.post_message(self.Moved(self))

    async def _is_container(self, first: int) -> bool:
        if self._lines.lines[logical_line(self._lines.lines, first).stop - 1][-1][0][-1:] not in ("{", "["):
            return False
        if closing_line(self._lines.lines, first) is None:
            await self._all()
        return closing_line(self._lines.lines, first) is not None

    def _around(self, first: int) -> int:
        depth = self._lines.lines.place(first).depth - 1
        before = self._lines.lines.places_before(first, depth)
        return next((at for at, place in before if place.is_first and place.depth == depth), 0)

    async def _fold_at(self, first: int) -> None:
        if await self._is_container(first):
            hidden = _inside(self._lines.lines, first)
            if hidden is not None:
                self._folds.add(hidden)
                self._show()
                self._move_to(self._row_of(first))

    # --- addresses

    @property
    def path(self) -> str:
        """Address of the element at the cursor; empty for the whole value."""
        return path_text(keys_to(self._lines.lines, self.cursor_line)) if len(self._lines.lines) else ""

    @property
    def location(self) -> str:
        """The address where it is short enough to be shown; else how deep the element is."""
        depth = self._lines.lines.place(self.cursor_line).depth if len(self._lines.lines) else 0
        return self.path if depth <= _DEEPEST else f"{depth:,} levels deep"

    async def go_to_path(self, keys: list[Key]) -> bool:
        """Go to an address, or to the nearest part of it; return whether it exists."""
        await self._all()
        lines = self._lines.lines
        line, taken = await asyncio.to_thread(find_path, lines, keys)
        self._reveal(line)
        self.show_row(self._row_of(line), centre=True)
        self.post_message(self.Searched(self))
        return taken == len(keys)

    async def element(self, most: int, *, of_list: bool = False) -> str | None:
        """Return the JSON text of the element at the cursor; None if it is too long.

        Args:
            most: maximum number of characters.
            of_list: the nearest list that holds it, or the whole value if there is none.
        """
        if not len(self._lines.lines):
            return "null"
        lines = self._lines.lines
        first = first_line(lines, self.cursor_line)
        while of_list and first and not self._is_list(first):
            first = self._around(first)
        if end_line(lines, first) is None:
            await self._all()
        end = end_line(lines, first)
        start = lines.place(first).start
        if end is None or end >= len(lines):
            text = await self._text(start, most + 1)
        else:
            text = await self._text(start, min(most + 1, lines.place(end).start - start))
        if len(text) > most:
            return None
        has_key, has_more = key_in(lines, first) is not None, end is not None and end < len(lines)
        return await asyncio.to_thread(_element_in, text, has_key=has_key, has_more=has_more)

    def _is_list(self, first: int) -> bool:
        return self._lines.lines[logical_line(self._lines.lines, first).stop - 1][-1][0].endswith("[")

    async def _text(self, start: int, length: int) -> str:
        """Return a part of the JSON text of the value."""
        if not self._pieces:
            return "".join(text_pieces(self.value))[start : start + length]
        at = bisect_right(self._pieces, (start, 1 << 62)) - 1
        before, offset = self._pieces[max(0, at)]
        parts: list[str] = []
        wanted: int | None = offset
        got = before
        while wanted is not None and got < start + length:
            text, wanted = await self._text_from(wanted)
            parts.append(text)
            got += len(text)
        return await asyncio.to_thread(lambda: "".join(parts)[start - before : start - before + length])


def _element_in(text: str, *, has_key: bool, has_more: bool) -> str:
    """Return the element at the beginning of a text, without key and comma."""
    if has_key:
        text = text[_key_end(text) :].lstrip().removeprefix(":")
    text = text.strip()
    return text.removesuffix(",").rstrip() if has_more else text


def _key_end(text: str) -> int:
    """Return where the string ends with which a text begins."""
    found = _STRING.match(text)
    return found.end() if found is not None else 0


def _inside(lines: PackedLines, first: int) -> range | None:
    """Return the lines to hide of the container that a line opens."""
    closing = closing_line(lines, first)
    start = logical_line(lines, first).stop
    return None if closing is None or closing < start else range(start, logical_line(lines, closing).stop)


def _outer_folds(lines: PackedLines) -> list[range]:
    """Return the lines to hide of each element of the outermost container."""
    folds: list[range] = []
    for at, place in lines.places(1, 1):
        if place.number <= CLOSING and place.depth == 1:
            hidden = _inside(lines, first_line(lines, at))
            folds += [hidden] if hidden is not None else []
    return folds
