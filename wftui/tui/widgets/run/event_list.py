"""The events of a run as a list that reads what comes into view."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import work
from textual.content import Content

from wftui.model.errors import UserError
from wftui.model.run.events import ExecutionEvent, Log
from wftui.model.text.local_times import TIME, local_text
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.run.labels import first_line

EventSource = Callable[[int, int], Awaitable[list[ExecutionEvent]]]
"""Returns events after a number, up to a count."""

_PAGE = 200
_MOST_PAGES = 50
_COLORS = {"failed": "$text-error", "completed": "$text-success", "retrying": "$text-warning", "log": "$foreground"}


class EventList(LineView):
    """Number, time, type, step and message of each event; row 0 is event 1."""

    DEFAULT_CSS = """
    EventList { background: $surface; }
    """

    fixed_rows: ClassVar[int] = 1

    def __init__(self, source: EventSource, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.note = ""
        self._source = source
        self._pages: dict[int, list[ExecutionEvent]] = {}
        self._wanted: set[int] = set()

    def show(self, total: int, number: int) -> None:
        """Show a run of `total` events, the cursor on one of them."""
        self.set_rows(total)
        self.show_row(number - 1, centre=True)

    def event_at(self, row: int) -> ExecutionEvent | None:
        """Return the event in a row; None while it is not read."""
        page = self._pages.get(row // _PAGE, [])
        return page[row % _PAGE] if row % _PAGE < len(page) else None

    def empty(self) -> str:
        """Return why there are no rows."""
        return self.note or "No events."

    def top_line(self, width: int) -> Content:
        """Return the titles of the columns."""
        number = len(f"{self.rows:,}")
        return Content.styled(f"{'No':>{number}}  {'Time':12}  {'Event':20} Step, text", "$foreground-muted")

    def row(self, index: int, width: int) -> Content:
        """Render an event."""
        event = self.event_at(index)
        number = f"{index + 1:>{len(f'{self.rows:,}')},}  "
        if event is None:
            self._wanted.add(index // _PAGE)
            self._read()
            return Content.styled(number, "$foreground-muted")
        kind = event.type.rpartition("_")[2]
        text = first_line(event.message) if isinstance(event, Log) else ""
        parts = [
            (number, "$foreground-muted"),
            (f"{local_text(event.timestamp, TIME)}  ", "$foreground-muted"),
            (f"{event.type:<20} ", _COLORS.get(kind, "$text-primary")),
            (f"{getattr(event, 'path', None) or '-'}  ", "$text-secondary"),
            (text, "$foreground"),
        ]
        return Content.assemble(*parts).truncate(width, ellipsis=not self.ascii_only)

    @work(exclusive=True, group="event-pages")
    async def _read(self) -> None:
        await asyncio.sleep(0)  # the rows of one frame ask together
        try:
            while self._wanted:
                page = self._wanted.pop()
                self._pages[page] = await self._source(page * _PAGE, _PAGE)
                if len(self._pages) > _MOST_PAGES:
                    del self._pages[next(iter(self._pages))]
        except UserError as error:
            self.note = str(error)
            self.set_rows(0)
        self.redraw()
