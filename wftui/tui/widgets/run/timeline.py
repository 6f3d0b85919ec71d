"""The timeline: the steps of a run as a tree, with Gantt bars."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from wftui.model.clock import Clock
from wftui.model.run.paths import parent_path, without_indices
from wftui.model.run.steps import StepResult
from wftui.model.run.worked_time import worked_seconds
from wftui.tui.display.formatting import LOADING
from wftui.tui.display.status import PULSE, PULSE_ASCII, look
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.run.gantt import Kind, Usual, Window, bar, beside_usual, run_seconds, spans, step_seconds
from wftui.tui.widgets.run.labels import elapsed, step_note
from wftui.tui.widgets.run.rows import RunRows, StepRow
from wftui.tui.widgets.run.state import RunState
from wftui.tui.widgets.run.time_axis import Zoom, axis, settled
from wftui.tui.widgets.run.tree import Only, current_step, failed_step

_DURATION = 8
_ATTEMPTS = 4
_SHORTEST_NOTE = 8
_SHORTEST = 0.001
"""Seconds of a run from which its bars have an axis."""
_COLORS: dict[Kind, str] = {"over": "$text-warning"}
_MEASURED = 500
"""Number of rows sampled for the width of the name column."""
_REQUESTED = 100
"""Maximum number of iterations loaded at a time."""


class Timeline(LineView):
    """The steps of a run.

    With `following` the cursor stays on the current step until the user moves it.
    """

    DEFAULT_CSS = """
    Timeline { background: $surface; }
    """

    fixed_rows: ClassVar[int] = 1

    class DetailsRequested(Message):
        """Omitted iterations came into view; `take_requested` returns their paths."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,plus", "open(True)", "Open", show=False),
        Binding("left,minus", "open(False)", "Close", show=False),
        Binding("space", "switch", "Open or close", show=False),
    ]

    def __init__(
        self,
        state: RunState,
        now: Clock,
        *,
        ascii_only: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(ascii_only=ascii_only, id=id)
        self.state = state
        self.now = now
        self.following = True
        self.only: Only | None = None
        self.usual: Mapping[str, Usual] = {}
        """Usual durations of steps, by address without indices."""
        self.zoom = Zoom()
        self._rows = RunRows()
        self._to_load: dict[str, None] = {}
        self._widest = 0
        self._notes = 0
        self._shown_axis: Content | None = None
        self._named: tuple[object, ...] = ()
        """Sources of the current rows and their names."""

    # --- content

    @property
    def selected(self) -> StepResult | None:
        """The step under the cursor."""
        return self._rows[self.cursor].step if self.cursor < len(self._rows) else None

    def read(self) -> None:
        """Update the steps; the cursor stays on its step, or follows the run."""
        selected = self.selected
        self._build()
        self.redraw()
        step = self._step_to_follow() if self.following else selected
        if step is not None:
            self.select(step.path)

    def replace_state(self, state: RunState) -> None:
        """Show another run, or another state of the same run."""
        selected, self.state = self.selected, state
        self._rows = RunRows()
        self._to_load.clear()
        self.read()
        if selected is not None and not self.following:
            self.select(selected.path)

    def select(self, path: str, *, reveal: bool = False) -> bool:
        """Move the cursor to a step or its nearest visible ancestor, if any."""
        if reveal:
            self.state.tree.reveal(path)
            self._build()
        shown: str | None = path
        while shown is not None:
            place = self._rows.place(shown)
            if place is not None:
                self.show_row(place, centre=True)
                return True
            shown = parent_path(shown)
        return False

    def take_requested(self) -> list[str]:
        """Return the requested iterations, most recent last, and reset the request."""
        paths = list(self._to_load)[-_REQUESTED:]
        self._to_load.clear()
        return paths

    def _build(self) -> None:
        """Rebuild the rows if they changed."""
        built = (self.state, self.state.tree.version, self.only)
        named = (*built, self.state.declared is None)
        if named == self._named and self.only is None:
            return
        if built != self._named[:-1] or self.only is not None:
            self._rows = self.state.tree.rows(only=self.only, is_slow=self.is_slow)
        self._named = named
        last = len(self._rows) - 1
        spread = (round(number * last / _MEASURED) for number in range(_MEASURED + 1)) if last > _MEASURED else None
        looked_at = (self._rows[number] for number in spread or range(last + 1))
        self._widest = max((cell_len(self._lead(row) + self.state.title(row.step)) + 2 for row in looked_at), default=0)
        self.set_rows(len(self._rows))

    def show_only(self, only: "Only | None") -> None:
        """Show only failed or slow steps and their ancestors, or all steps."""
        self.only = only
        self.read()

    def is_slow(self, step: StepResult) -> bool:
        """Return whether a step took longer than nearly all of its earlier times."""
        usual, now = self._usual(step), self.state.reference_time(self.now())
        taken = step_seconds(step, self.state.record, now) if usual is not None else None
        return usual is not None and taken is not None and step.status != "skipped" and taken > usual.p95

    def _usual(self, step: StepResult) -> Usual | None:
        return None if step.path.endswith("]") else self.usual.get(without_indices(step.path))

    # --- the time that the bars show

    def _total(self) -> float:
        return run_seconds(self.state.record, self.state.reference_time(self.now()))

    def _window(self) -> Window:
        total = self._total()
        return self.zoom.window(settled(total) if self.state.is_live and self.zoom.factor == 1 else total)

    def change_zoom(self, *, closer: bool) -> None:
        """Show half or twice the time, around the step under the cursor."""
        step = self.selected
        begun = spans(step, self.state.record, self.state.reference_time(self.now())) if step is not None else []
        self.zoom = self.zoom.changed(self._total(), closer=closer, around=begun[0].start if begun else None)
        self.redraw()

    def pan(self, by: float) -> None:
        """Show an earlier or later part, by a share of its length."""
        self.zoom = self.zoom.moved(self._total(), by)
        self.redraw()

    def open_all(self) -> None:
        """Expand all steps, or restore the initial state."""
        self.state.tree.open_all(None if self.state.tree.everything else True)
        self.following = False
        self.read()

    def to_next_failure(self) -> None:
        """Move to the next failed step, wrapping around, and expand its ancestors."""
        failed = [row.step.path for row in self.state.tree.rows(only="failures") if row.step.status == "failed"]
        if not failed:
            return
        selected = self.selected
        at = failed.index(selected.path) + 1 if selected is not None and selected.path in failed else 0
        self.following = False
        self.select(failed[at % len(failed)], reveal=True)

    def _step_to_follow(self) -> StepResult | None:
        record = self.state.record
        return failed_step(record) if record.status == "failed" else current_step(self.state.active.values())

    # --- keys

    def on_line_view_moved(self) -> None:
        """Stop following when the user moves the cursor."""
        self.following = False

    def action_open(self, is_open: bool) -> None:
        """Expand or collapse a step; collapsing again moves to its parent."""
        if self.cursor >= len(self._rows):
            return
        row = self._rows[self.cursor]
        if row.opens and row.is_open != is_open:
            self.state.tree.open(row.step.path, is_open)
            self.following = False
            self.read()
        elif not is_open and row.step.parent is not None:
            self.select(row.step.parent)
            self.post_message(self.Moved(self))

    def action_switch(self) -> None:
        """Toggle the step under the cursor."""
        if self.cursor < len(self._rows):
            self.action_open(not self._rows[self.cursor].is_open)

    def clicked(self, index: int, x: int) -> None:
        """Toggle a step by a click on its expander."""
        row = self._rows[index]
        if row.opens and 2 * row.depth <= x < 2 * row.depth + 2:
            self.action_switch()

    # --- drawing

    def empty(self) -> str:
        """Return why there are no rows."""
        if not self.state.is_known:
            return LOADING
        return "No steps yet." if self.only is None else f"No {'failed' if self.only == 'failures' else 'slow'} steps."

    def top_line(self, width: int) -> Content:
        """Render the titles of the columns, and the axis of the bars."""
        self._shown_axis = self._axis(width)
        return self._shown_axis

    def _axis(self, width: int) -> Content:
        names, bars, notes = self._columns(width)
        record, total = self.state.record, self._total()
        window = self._window()
        origin = record.started_at or record.created_at
        gaps = [worked_seconds(record, origin, gap.since) for gap in record.interruptions or ()] if origin else []
        sign = "x" if self.ascii_only else "\N{MULTIPLICATION SIGN}"
        zoom = f"{sign}{self.zoom.factor} zoom" if self.zoom.factor > 1 else ""
        ticks = axis(window, bars, gaps, ascii_only=self.ascii_only) if total >= _SHORTEST else " " * bars
        return Content.assemble(
            ("  Step  "[: names + 1], "$foreground-muted"),
            (_fit(zoom, names - 7, self.ascii_only), "$text-accent"),
            (ticks, "$foreground-muted"),
            (f"{elapsed(window.end, live=False) if zoom else 'Time':>{_DURATION}}", "$foreground-muted"),
            (" " * _ATTEMPTS if self.state.retried else "", ""),
            ("  Note" if notes > 0 else "", "$foreground-muted"),
        )

    def repaint(self) -> None:
        """Repaint the axis and the visible rows that differ from what is shown."""
        self._measure_notes()
        super().repaint()
        if self._shown_axis is not None and self._axis(self.room) != self._shown_axis:
            self.refresh_line(self.scroll_offset.y)

    def _lead(self, row: StepRow) -> str:
        signs = ("  ", "  ") if not row.opens else ("> ", "v ") if self.ascii_only else ("▸ ", "▾ ")
        return "  " * row.depth + signs[row.is_open]

    def row(self, index: int, width: int) -> Content:
        """Render expander, glyph, name, bar, duration, attempts and note."""
        row, now = self._rows[index], self.state.reference_time(self.now())
        step, stopped = row.step, self.state.is_stopped(row.step)
        if self.state.tree.is_missing(step):
            if not self._to_load:
                self.post_message(self.DetailsRequested())
            self._to_load[step.path] = None
        style = look("interrupted" if stopped else step.status, ascii_only=self.ascii_only)
        names, bars, notes = self._columns(width)
        lead = self._lead(row)
        name = _fit(f" {self.state.title(step)}", names - len(lead) - 1, self.ascii_only)
        muted = step.status in {"pending", "skipped"}
        parts: list[tuple[str, str]] = [
            (lead, "$foreground-muted"),
            (style.glyph if stopped else self._glyph(step, now), style.color),
            (name, "$foreground-muted" if muted else "$foreground"),
            (" ", ""),
        ]
        window = self._window()
        usual = self._usual(step) if step.status != "skipped" and step.kept_from is None else None
        worked = beside_usual(spans(step, self.state.record, now), usual)
        for text, kind in bar(worked, window, bars, ascii_only=self.ascii_only):
            parts.append((text, style.color if kind == "run" else _COLORS.get(kind, "$foreground-muted")))
        taken = step_seconds(step, self.state.record, now)
        live = step.status in {"running", "waiting"} and not stopped
        duration = "" if taken is None or step.status == "skipped" else elapsed(taken, live=live)
        parts.append((f"{duration:>{_DURATION}}", "$foreground"))
        if self.state.retried:
            sign = "x" if self.ascii_only else "\N{MULTIPLICATION SIGN}"
            times = f" {sign}{len(step.attempts)}" if len(step.attempts) > 1 else ""
            parts.append((f"{times:<{_ATTEMPTS}}", "$text-warning"))
        if notes > 0:
            color = "$text-error" if step.status == "failed" else "$foreground-muted"
            parts.append(("  ", ""))
            parts.append((_fit(step_note(step, now, stopped=stopped), notes, self.ascii_only), color))
        return Content.assemble(*parts)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Render rows whose columns suit the notes of all rows in view."""
        self._measure_notes()
        return super().render_lines(crop)

    def _measure_notes(self) -> None:
        """Widen the column of notes to the notes in view; it does not shrink."""
        top, now = self.scroll_offset.y, self.state.reference_time(self.now())
        seen = (self._rows[row].step for row in range(top, min(len(self._rows), top + max(0, self.visible_rows))))
        widest = max((cell_len(step_note(step, now, stopped=self.state.is_stopped(step))) for step in seen), default=0)
        if widest > self._notes:
            self._notes = widest
            self._strips.clear()
            self.call_later(self.refresh)

    def _columns(self, width: int) -> tuple[int, int, int]:
        """Return the widths of name, bar and note."""
        fixed = 1 + _DURATION + (_ATTEMPTS if self.state.retried else 0)
        names = min(self._widest, max(14, int(width * 0.42)))
        rest = width - names - fixed
        notes = min(self._notes, rest * 2 // 5)
        return (names, rest - notes - 2, notes) if notes >= _SHORTEST_NOTE else (names, max(0, rest), 0)

    def _glyph(self, step: StepResult, now: datetime) -> str:
        if step.status == "running" and self.state.is_live:
            frames = PULSE_ASCII if self.ascii_only else PULSE
            return frames[int(now.timestamp() * 2) % len(frames)]
        return look(step.status, ascii_only=self.ascii_only).glyph


def _fit(text: str, cells: int, ascii_only: bool) -> str:
    """Pad or truncate a text to exactly `cells` cells."""
    if cells <= 0:
        return ""
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    return set_cell_size(text, cells - 1) + ("~" if ascii_only else "…")
