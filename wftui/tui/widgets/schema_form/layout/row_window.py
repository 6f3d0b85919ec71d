"""A column of many rows of which those near the view are mounted."""

import asyncio
from collections.abc import Callable, Sequence

from textual.containers import VerticalScroll
from textual.widget import Widget

from wftui.model.forms.nodes import FormNode
from wftui.tui.widgets.schema_form.layout.node_view import NodeView

FIRST = 10
"""Rows mounted at once; all of a screen would hold up keys for twice as long."""
TOP = 24
"""Rows at the top that are mounted after that: about a screen."""
MARGIN = 4
"""Rows mounted on each side of the view."""
AHEAD = 10
"""Rows mounted on each side of the focus, for the next keys."""
BATCH = 8
"""Rows mounted or unmounted between two frames: each frame lays out all rows, which costs as much as mounting four."""
MOST = 60
"""Mounted rows beyond which those far from the view are unmounted."""
_HEIGHT = 2
"""Estimated height of a row that was never mounted."""


class Gap(Widget):
    """The height of the rows that are not mounted."""

    DEFAULT_CSS = "Gap { height: 0; width: 1; visibility: hidden; }"


class RowWindow:
    """Mounts the rows of a form that are near the view, and unmounts others.

    Args:
        form: the scrolling parent.
        nodes: one for each row; the list may change, see `rearrange`.
        make: makes the row of a node.
    """

    def __init__(self, form: VerticalScroll, nodes: Sequence[FormNode], make: Callable[[FormNode], Widget]) -> None:
        self._form = form
        self._nodes = nodes
        self._make = make
        self._first = 0
        self._last = 0
        self._heights: dict[int, int] = {}
        self._above, self._below = Gap(), Gap()
        self._is_adjusting = False
        self._is_stopped = False
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Mount the first rows."""
        self._last = min(FIRST, len(self._nodes))
        await self._form.mount_all([self._above, *map(self._make, self._nodes[: self._last]), self._below])
        self._measure()
        self.follow()

    def stop(self) -> None:
        """Mount nothing more."""
        self._is_stopped = True

    @property
    def _rows(self) -> list[Widget]:
        return [child for child in self._form.children if not isinstance(child, Gap)]

    def follow(self) -> None:
        """Mount what comes into view, after the next frame."""
        if not self._is_adjusting and not self._is_stopped and len(self._nodes) > self._last - self._first:
            self._is_adjusting = True
            self._form.call_after_refresh(self._adjust)

    async def _adjust(self) -> None:
        self._is_adjusting = False
        async with self._changing:
            if self._form.is_attached and not self._is_stopped:
                await self._approach()

    async def _approach(self) -> None:
        """Mount a few of the rows that are missing in view."""
        low, high = self._wanted()
        if high > self._first and low < self._last:
            before = max(low, self._first - BATCH) if low < self._first else self._first
            after = min(high, self._last + BATCH) if high > self._last else self._last
        else:
            before, after = low, high  # a jump
        changed = (before, after) != (self._first, self._last)
        if changed:
            await self._show(before, after)
        await self._shrink(low, high)
        if changed:
            self.follow()

    def _wanted(self) -> tuple[int, int]:
        """Return the range of the rows in view, with a margin."""
        top, height = self._form.scroll_offset.y, self._form.size.height
        position, low, high = 0, len(self._nodes), 0
        for place in range(len(self._nodes)):
            tall = self._height(place)
            if position + tall > top and position < top + height:
                low, high = min(low, place), max(high, place + 1)
            position += tall
        if low >= high:
            low, high = max(0, len(self._nodes) - 1), len(self._nodes)
        low, high = max(0, low - MARGIN), high + MARGIN
        return low, min(len(self._nodes), high if low else max(high, TOP))

    def _height(self, place: int) -> int:
        return self._heights.get(id(self._nodes[place]), _HEIGHT)

    async def _show(self, first: int, last: int) -> None:
        """Mount the rows of a range that joins the mounted one, or replaces it."""
        rows = self._rows
        self._remember(rows)
        if last <= self._first or first >= self._last:
            if self._holds_focus(rows):
                return
            await self._form.remove_children(rows)
            self._first = self._last = first
        async with self._form.batch():
            if first < self._first:
                await self._form.mount_all(map(self._make, self._nodes[first : self._first]), after=self._above)
            if last > self._last:
                await self._form.mount_all(map(self._make, self._nodes[self._last : last]), before=self._below)
            self._first, self._last = min(first, self._first), max(last, self._last)
            self._measure()

    async def _shrink(self, low: int, high: int) -> None:
        """Unmount the rows far from a range, unless the focus is in one of them."""
        rows = self._rows
        if len(rows) <= MOST:
            return
        self._remember(rows)
        above, below = rows[: max(0, low - self._first)][:BATCH], rows[max(0, high - self._first) :][-BATCH:]
        for part, is_above in ((above, True), (below, False)):
            if part and not self._holds_focus(part):
                await self._form.remove_children(part)
                if is_above:
                    self._first += len(part)
                else:
                    self._last -= len(part)
        self._measure()

    def _holds_focus(self, rows: Sequence[Widget]) -> bool:
        return any(row.has_focus_within for row in rows)

    def _remember(self, rows: Sequence[Widget]) -> None:
        for row in rows:
            if isinstance(row, NodeView) and row.outer_size.height:
                self._heights[id(row.node)] = row.outer_size.height

    def _measure(self) -> None:
        self._above.styles.height = sum(map(self._height, range(self._first)))
        self._below.styles.height = sum(map(self._height, range(self._last, len(self._nodes))))

    async def reveal(self, node: FormNode) -> None:
        """Mount the row of a node, and those around it."""
        async with self._changing:
            place = next((place for place, each in enumerate(self._nodes) if each is node), None)
            if place is None:
                return
            low, high = max(0, place - AHEAD), min(len(self._nodes), place + AHEAD + 1)
            if high >= self._first and low <= self._last:
                low, high = min(low, self._first), max(high, self._last)
                if (low, high) != (self._first, self._last):
                    await self._show(low, high)
                return
            if self._holds_focus(self._rows):
                self._form.screen.set_focus(None)
            await self._show(low, high)

    async def rearrange(self, nodes: Sequence[FormNode]) -> None:
        """Show other nodes; the rows of those that stay keep focus and cursor."""
        async with self._changing:
            await self._rearrange(nodes)

    async def _rearrange(self, nodes: Sequence[FormNode]) -> None:
        rows = self._rows
        self._remember(rows)
        had_last = self._last == len(self._nodes)
        places = {id(node): place for place, node in enumerate(nodes)}
        staying = [places[id(row.node)] for row in rows if isinstance(row, NodeView) and id(row.node) in places]
        gone = [row for row in rows if not (isinstance(row, NodeView) and id(row.node) in places)]
        if gone:
            await self._form.remove_children(gone)
        self._nodes = nodes
        self._first = min(staying, default=0)
        self._last = len(nodes) if had_last else max(staying, default=min(FIRST, len(nodes)) - 1) + 1
        shown = {id(row.node): row for row in self._rows if isinstance(row, NodeView)}
        before: Widget = self._below
        for node in reversed(nodes[self._first : self._last]):
            row = shown.get(id(node)) or self._make(node)
            if id(node) in shown:
                row.refresh()
            else:
                await self._form.mount(row, before=before)
            before = row
        self._measure()
        self.follow()
