"""The log view: following, filtering, searching and wrapping of log lines."""

import asyncio
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Literal, get_args, overload

from textual import work
from textual.content import Content
from textual.message import Message
from textual.reactive import var

from wftui.model.run.search import finder
from wftui.model.run.steps import LogLevel
from wftui.model.text.local_times import DATE_AND_TIME, TIME, is_repeated, local_text
from wftui.runtime.patterns.searching import all_matches
from wftui.tui.display.formatting import LOADING
from wftui.tui.widgets.line_view import FOUND, LineView
from wftui.tui.widgets.log.lines import LogFilter, LogLine
from wftui.tui.widgets.log.log_buffer import LogBuffer
from wftui.tui.widgets.log.sanitize import colored, plain

LEVEL_LOOK: dict[LogLevel, tuple[str, str]] = {
    "debug": ("debug", "$foreground-muted"),
    "info": ("info", "$foreground-muted"),
    "warn": ("warn", "$text-warning"),
    "error": ("error", "$text-error"),
}
"""Name and color of each level."""
_STDERR = ("2>", "$text-warning")
"""Mark of what programs write to stderr, as shells call it."""
Times = Literal["time", "date", "since"]
"""Time of day, with its date, or seconds since the run began."""
TIMES: tuple[Times, ...] = get_args(Times)
STEP_WIDTH = 16
_NARROW = 90
"""Width below which the level is one letter and the step column narrower."""
_AT_ONCE = 20_000
"""Number of lines up to which filtering runs synchronously."""


class PlainLines(Sequence[str]):
    """Log lines as text."""

    def __init__(self, lines: LogBuffer, numbers: Sequence[int]) -> None:
        self._lines = lines
        self._numbers = numbers[:]

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "PlainLines": ...
    def __getitem__(self, index: int | slice) -> "str | PlainLines":
        if isinstance(index, slice):
            return PlainLines(self._lines, self._numbers[index])
        line = self._lines.line(self._numbers[index])
        word = _STDERR[0] if line.stream == "stderr" and line.level == "info" else line.level
        return f"{local_text(line.timestamp)} {word:<5} {line.path or '-'}  {plain(line.text)}"


class LogView(LineView):
    """The log lines of a run.

    With `following` the end stays in view as lines arrive; scrolling up turns it off.
    """

    DEFAULT_CSS = """
    LogView { background: $background; scrollbar-size-horizontal: 0; }
    """

    following: var[bool] = var(True)
    times: var[Times] = var("time")
    folded: var[bool] = var(False)

    class Changed(Message):
        """Lines, filter or following changed."""

        def __init__(self, view: "LogView") -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> "LogView":
            """The view that sent the message."""
            return self.view

    def __init__(self, lines: LogBuffer, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(ascii_only=ascii_only, id=id)
        self.lines = lines
        self.log_filter = LogFilter()
        self.search = ""
        self._read = 0
        self._last_read: tuple[int, bool, datetime | None] | None = None
        self._numbers: Sequence[int] = range(0)
        self._hits: array[int] = array("I")
        self._ends: array[int] = array("I")
        self._busy = False
        self._wants_hit = False
        self._zoned = False
        self._seen = 0
        self.known = True
        """True once the run has been read: then no lines means that it has none."""
        self.begun: datetime | None = None
        """Start of the run, from which relative times count."""

    # --- content

    def replace_lines(self, lines: LogBuffer) -> None:
        """Show other lines with the same filter."""
        self._numbers, self._ends = range(0), array("I")
        self.lines = lines
        self._start_over()

    def read(self) -> None:
        """Add the lines that arrived since the last call; most frames of a run bring none."""
        state = (len(self.lines), self.known, self.begun)
        if not self._busy and state != self._last_read:
            self._last_read = state
            self._take(self._read)

    def set_filter(self, log_filter: LogFilter) -> None:
        """Show only matching lines."""
        if log_filter != self.log_filter:
            self.log_filter = log_filter
            self._start_over()

    def set_search(self, text: str) -> None:
        """Highlight a text and go to the next match, wrapping around.

        An empty text clears the search.
        """
        if text != self.search:
            self.search, self._wants_hit = text, bool(text)
            self._start_over()
        else:
            self.jump(1)

    @property
    def hits(self) -> int:
        """Number of shown lines that match the search."""
        return len(self._hits)

    @property
    def hit_at_cursor(self) -> int:
        """Number of the match at or before the cursor, from 1; 0 before the first."""
        line = self.line_at(self.cursor)
        return bisect_right(self._hits, line.number) if line else 0

    @property
    def shown(self) -> int:
        """Number of lines that pass the filter."""
        return len(self._numbers)

    @property
    def unseen(self) -> int:
        """Number of shown lines that came since the view stopped following."""
        return 0 if self.following else max(0, self.shown - self._seen)

    def line_at(self, row: int) -> LogLine | None:
        """Return the line in a row, or None."""
        index = self._index(row)
        return self.lines.line(self._numbers[index]) if 0 <= index < len(self._numbers) else None

    def jump(self, by: int) -> None:
        """Move to the next (1) or previous (-1) match, wrapping around."""
        line = self.line_at(self.cursor)
        if not self._hits or line is None:
            return
        at = bisect_right(self._hits, line.number) if by > 0 else bisect_left(self._hits, line.number) - 1
        self.following = False
        self.show_row(self._row_of(self._hits[at % len(self._hits)]), centre=True)
        self.post_message(self.Changed(self))

    def show_line(self, number: int) -> None:
        """Move the cursor to a line, or to the next one shown."""
        if self._numbers:
            self.show_row(self._row_of(number), centre=True)

    def plain_lines(self) -> "PlainLines":
        """Return the shown lines as text with date, level and step, made as they are read."""
        return PlainLines(self.lines, self._numbers)

    def text(self) -> str:
        """Return all shown lines as plain text."""
        return "\n".join(plain(self.lines.line(number).text) for number in self._numbers)

    # --- reading

    def _start_over(self) -> None:
        line = self.line_at(self.cursor)
        keep = line.number if line and not self.following else None
        self._numbers, self._hits, self._ends, self._read = range(0), array("I"), array("I"), 0
        if len(self.lines) <= _AT_ONCE or (self.log_filter.is_open and not self.search and not self.folded):
            self._take(0)
            self._show_again(keep)
        else:
            self._busy = True
            self.set_rows(0)
            self._start_over_in_thread(keep)

    @work(exclusive=True, group="log-filter")
    async def _start_over_in_thread(self, keep: int | None) -> None:
        lines, log_filter, search = self.lines, self.log_filter, self.search
        total = len(lines)
        numbers = await asyncio.to_thread(lines.matching, log_filter)
        numbers = numbers[: bisect_left(numbers, total)]
        hits = await asyncio.to_thread(lines.matching, self._searched()) if search else array("I")
        ends = await asyncio.to_thread(self._folded_ends, numbers, self._text_room) if self.folded else array("I")
        self._busy = False
        self._numbers, self._hits, self._ends = numbers, hits[: bisect_left(hits, total)], ends
        self._read = total
        self._take(total)
        self._show_again(keep)

    def _show_again(self, keep: int | None) -> None:
        """Restore the cursor, then go to the first match of a new search."""
        if keep is not None:
            self.show_line(keep)
        elif self._wants_hit and self._numbers:
            self.show_row(self.rows - 1)
        if self._wants_hit:
            self._wants_hit = False
            self.jump(1)

    def _searched(self) -> LogFilter:
        return replace(self.log_filter, texts=(*self.log_filter.texts, self.search))

    def _take(self, start: int) -> None:
        total = len(self.lines)
        if self.log_filter.is_open:
            fresh: Sequence[int] = range(start, total)
            self._numbers = range(total)
        else:
            fresh = self.lines.matching(self.log_filter, start)
            known = self._numbers if isinstance(self._numbers, array) else array("I", self._numbers)
            known.extend(fresh)
            self._numbers = known
        if self.search:
            self._hits.extend(self.lines.matching(self._searched(), start))
        self._read = total
        if self.folded:
            self._ends += self._folded_ends(fresh, self._text_room, self._ends[-1] if self._ends else 0)
        self._show()

    def _folded_ends(self, numbers: Sequence[int], room: int, end: int = 0) -> "array[int]":
        """Return the end row of each line, the first starting in row `end`."""
        return array("I", accumulate(self.lines.heights(numbers, room), initial=end))[1:]

    def _show(self) -> None:
        if self.folded:
            self.set_rows(self._ends[-1] if self._ends else 0)
        else:
            self.set_rows(len(self._numbers), self._prefix_width + self.lines.widest)
        if self.following:
            self.call_after_refresh(self._go_to_end)
        self.post_message(self.Changed(self))

    def _go_to_end(self) -> None:
        if self.following:
            self.show_row(self.rows - 1)

    def _index(self, row: int) -> int:
        return bisect_right(self._ends, row) if self._ends else row

    def _row_of(self, number: int) -> int:
        index = min(bisect_left(self._numbers, number), len(self._numbers) - 1)
        if not self._ends:
            return index
        return self._ends[index - 1] if index else 0

    # --- following

    def watch_following(self, following: bool) -> None:
        """Go to the end when following is turned on."""
        self._seen = self.shown
        if following and self.is_mounted:
            self._go_to_end()
        self.post_message(self.Changed(self))

    def watch_folded(self) -> None:
        """Recompute rows when wrapping changes."""
        if self.is_mounted:
            self._start_over()

    def watch_times(self) -> None:
        """Recompute rows for another width of the times."""
        if self.is_mounted:
            self._start_over() if self.folded else self._show()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Turn following off when scrolled up, and on at the end."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.following = self.is_vertical_scroll_end

    def on_line_view_moved(self) -> None:
        """Follow while the cursor is on the last row."""
        self.following = self.cursor >= self.rows - 1

    def on_resize(self) -> None:
        """Wrap lines for the new width."""
        if self.folded:
            self._start_over()
        elif self.following:
            self.call_after_refresh(self._go_to_end)

    # --- drawing

    @property
    def _is_narrow(self) -> bool:
        return self.room < _NARROW

    @property
    def _step_width(self) -> int:
        if self.log_filter.path is not None and not self.log_filter.path.endswith("]"):
            return 0
        return 10 if self._is_narrow else STEP_WIDTH

    @property
    def _prefix_width(self) -> int:
        step = self._step_width
        return self._time_width + 1 + (2 if self._is_narrow else 6) + (step + 1 if step else 0)

    @property
    def _time_width(self) -> int:
        """Width of the times, with their zone if clocks are changed during the run."""
        if self.times == "since" or not len(self.lines):
            return 9 if self.times == "since" else 8 if self.times == "time" else 19
        ends = [self.lines.line(number).timestamp for number in (0, len(self.lines) - 1)]
        offsets = {end.astimezone().utcoffset() for end in ends}
        self._zoned = len(offsets) > 1 or any(is_repeated(end) for end in ends)
        zone = 1 + max(len(f"{end.astimezone():%Z}") for end in ends) if self._zoned else 0
        return zone + (8 if self.times == "time" else 19)

    def _time(self, timestamp: datetime) -> str:
        if self.times == "since":
            return f"+{_since(timestamp - (self.begun or timestamp))}"
        form = TIME if self.times == "time" else DATE_AND_TIME
        return f"{timestamp.astimezone():{form} %Z}" if self._zoned else local_text(timestamp, form)

    @property
    def _text_room(self) -> int:
        return max(10, self.room - self._prefix_width)

    def empty(self) -> str:
        """Return why there are no rows."""
        if self._busy:
            return "Filtering lines…"
        if len(self.lines):
            return "No lines match the filter."
        return "No log lines yet." if self.known else LOADING

    def row(self, index: int, width: int) -> Content:
        """Render time, level, step and text; continuation rows show text only."""
        at = self._index(index)
        text = self._marked(colored((line := self.lines.line(self._numbers[at])).text))
        if self._ends:
            part = index - (self._ends[at - 1] if at else 0)
            parts = text.fold(self._text_room)
            text = parts[part] if part < len(parts) else Content("")
            if part:
                return Content.assemble(" " * self._prefix_width, text)
        return Content.assemble(*self._prefix(line), text)

    def _prefix(self, line: LogLine) -> list[tuple[str, str]]:
        word, color = _STDERR if line.stream == "stderr" and line.level == "info" else LEVEL_LOOK[line.level]
        level = f"{word if word == _STDERR[0] else word[0].upper():<2}" if self._is_narrow else f"{word:<6}"
        time_width = self._time_width
        parts = [(f"{self._time(line.timestamp):<{time_width}} ", "$foreground-muted"), (level, color)]
        width = self._step_width
        if width:
            path = (
                line.path if len(line.path) <= width else f"{'~' if self.ascii_only else '…'}{line.path[1 - width :]}"
            )
            parts.append((f"{path:<{width}} ", "$text-secondary"))
        return parts

    def _marked(self, text: Content) -> Content:
        if self.search:
            for found in all_matches(finder(self.search), text.plain):
                text = text.stylize(FOUND, found.start(), found.end())
        return text


def _since(elapsed: timedelta) -> str:
    """Return a time since the start in eight cells: `12.345s`, `1:02:03`, `30h05m`."""
    seconds = max(0.0, elapsed.total_seconds())
    if seconds < 60:
        return f"{seconds:.3f}s"
    whole = int(seconds)
    if whole < 36_000:
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{whole // 3600}h{whole // 60 % 60:02d}m"
