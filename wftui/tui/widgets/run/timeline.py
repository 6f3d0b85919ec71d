"""The timeline: the steps of a run as a tree, with Gantt bars."""

from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from wftui.model.clock import Clock
from wftui.model.run.paths import parent_path
from wftui.model.run.steps import StepResult
from wftui.tui.display.status import PULSE, PULSE_ASCII, look
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.run.gantt import bar, run_seconds, spans, step_seconds
from wftui.tui.widgets.run.labels import elapsed, step_note
from wftui.tui.widgets.run.rows import RunRows, StepRow
from wftui.tui.widgets.run.state import RunState
from wftui.tui.widgets.run.tree import current_step, failed_step, title

_DURATION = 8
_ATTEMPTS = 4
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
        self.only_failures = False
        self._rows = RunRows()
        self._to_load: dict[str, None] = {}
        self._widest = 0
        self._built: tuple[object, ...] = ()

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
        built = (self.state, self.state.tree.version, self.only_failures)
        if built == self._built and not self.only_failures:
            return
        self._built = built
        self._rows = self.state.tree.rows(only_failures=self.only_failures)
        last = len(self._rows) - 1
        spread = (round(number * last / _MEASURED) for number in range(_MEASURED + 1)) if last > _MEASURED else None
        looked_at = (self._rows[number] for number in spread or range(last + 1))
        self._widest = max((cell_len(self._lead(row) + title(row.step)) + 2 for row in looked_at), default=0)
        self.set_rows(len(self._rows))

    def show_only_failures(self, only: bool) -> None:
        """Show only failed steps and their ancestors, or all steps."""
        self.only_failures = only
        self.read()

    def open_all(self) -> None:
        """Expand all steps, or restore the initial state."""
        self.state.tree.open_all(None if self.state.tree.everything else True)
        self.following = False
        self.read()

    def to_next_failure(self) -> None:
        """Move to the next failed step, wrapping around, and expand its ancestors."""
        failed = [row.step.path for row in self.state.tree.rows(only_failures=True) if row.step.status == "failed"]
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
        return "No failed steps." if self.only_failures else "No steps yet."

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
        name = _fit(f" {title(step)}", names - len(lead) - 1, self.ascii_only)
        muted = step.status in {"pending", "skipped"}
        parts: list[tuple[str, str]] = [
            (lead, "$foreground-muted"),
            (style.glyph if stopped else self._glyph(step, now), style.color),
            (name, "$foreground-muted" if muted else "$foreground"),
            (" ", ""),
        ]
        length = run_seconds(self.state.record, now)
        for text, kind in bar(spans(step, self.state.record, now), length, bars, ascii_only=self.ascii_only):
            parts.append((text, style.color if kind == "run" else "$foreground-muted"))
        taken = step_seconds(step, self.state.record, now)
        live = step.status in {"running", "waiting"} and not stopped
        duration = "" if taken is None or step.status == "skipped" else elapsed(taken, live=live)
        parts.append((f"{duration:>{_DURATION}}", "$foreground"))
        if self.state.retried:
            sign = "x" if self.ascii_only else "\N{MULTIPLICATION SIGN}"
            times = f" {sign}{len(step.attempts)}" if len(step.attempts) > 1 else ""
            parts.append((f"{times:<{_ATTEMPTS}}", "$text-warning"))
        if notes > 0:
            colour = "$text-error" if step.status == "failed" else "$foreground-muted"
            parts.append(("  ", ""))
            parts.append((_fit(step_note(step, now, stopped=stopped), notes, self.ascii_only), colour))
        return Content.assemble(*parts)

    def _columns(self, width: int) -> tuple[int, int, int]:
        """Return the widths of name, bar and note."""
        fixed = 1 + _DURATION + (_ATTEMPTS if self.state.retried else 0)
        names = min(self._widest, max(14, int(width * 0.42)))
        bars = max(6, min(40, int((width - names - fixed) * 0.5)))
        notes = width - names - fixed - bars - 2
        return (names, bars, notes) if notes >= 8 else (names, max(0, width - names - fixed), 0)

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
