"""The header of a run: identity and status, progress and current step."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from wftui.model.clock import Clock
from wftui.model.run.actions import UNRESOLVED
from wftui.model.run.record import TERMINAL, ExecutionRecord
from wftui.model.run.reducer import item_progress, progress
from wftui.tui.display.status import look
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.widgets.run.gantt import run_seconds
from wftui.tui.widgets.run.labels import elapsed, first_line, interruption_note, local_timestamp, run_label, step_note
from wftui.tui.widgets.run.state import RunState
from wftui.tui.widgets.run.tree import asking_step, current_step

_STOPPING = "press {monitor.cancel} again to stop now; waiting for steps to stop"
_BAR = 24
_LEFT = 44
"""Least cells for the progress and the current step."""
_OWNER = 12
"""Least cells for a part of the owner."""


class CountedProgress(NamedTuple):
    """Steps and items that have ended, and all of them."""

    ended: int = 0
    total: int = 0
    items: int = 0
    of_items: int = 0


class RunHeader(Widget):
    """Status, workflow, run id and clock; progress, current step and warnings."""

    DEFAULT_CSS = """
    RunHeader { height: 2; padding: 0 1; background: $surface; color: $foreground; }
    RunHeader.-past { background: $warning-muted; }
    """

    ALLOW_SELECT = False

    class Seeked(Message):
        """A place of the playback's bar was clicked: a share of its events."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share

    def __init__(self, run: RunState, now: Clock, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.run = run
        self.now = now
        self.ascii_only = ascii_only
        self.error = ""
        self.playback = ""
        self.position: float | None = None
        """Position of the playback, as a share of all events."""
        self.reading = ""
        self.owner: Sequence[str] = ()
        """User and process of the run, the longest form first; the last may be cut at its end."""
        self.silence = ""
        """Reason why that process does not react, or ""."""
        self.usual: float | None = None
        """Seconds that the run usually takes."""
        self._shown: Content | None = None
        self._counted: tuple[ExecutionRecord | None, int, CountedProgress] = (None, 0, CountedProgress())

    def read(self, run: RunState) -> None:
        """Show the current state of a run."""
        self.run = run
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Go to the clicked place of the playback's bar."""
        offset = event.get_content_offset(self)
        if offset is not None and self.position is not None and offset.y == 1 and offset.x < _BAR:
            self.post_message(self.Seeked((offset.x + 0.5) / _BAR))

    def tick(self) -> None:
        """Repaint if the clock shows another time."""
        if self._content() != self._shown:
            self.refresh()

    def render(self) -> Content:
        """Render both lines."""
        self._shown = self._content()
        return self._shown

    def _content(self) -> Content:
        width = self.content_size.width
        return Content("\n").join([self._first(width), self._second(width)])

    def _first(self, width: int) -> Content:
        record = self.run.record
        word = run_label(record, asks=asking_step(self.run.active.values()) is not None)
        status = "waiting" if word == "waiting for you" else record.status
        style = look(status, ascii_only=self.ascii_only)
        left = Content.assemble(
            (f"{self.playback}  " if self.playback else "", "bold $text-warning"),
            (f"{style.glyph} {word}", f"bold {style.color}"),
            "  ",
            (record.workflow_id, "bold"),
            (f" {record.workflow_version}" if record.workflow_version else "", "$foreground-muted"),
            "  ",
            (record.id, "$foreground-muted"),
            (_belongs(record), "$foreground-muted"),
        )
        length = (
            run_seconds(record, self.run.reference_time(self.now()))
            if record.duration is None
            else record.duration / 1000
        )
        right = Content.styled(elapsed(length, live=self.run.is_live), "bold")
        ended = record.completed_at or self.run.reference_time(self.now())
        gap = interruption_note(record, record.started_at, ended)
        if gap:
            right = right + Content.styled(f" + {gap}", "$foreground-muted")
        usual = Content.styled(self._usual(length), "$foreground-muted")
        if usual and left.cell_length + usual.cell_length + right.cell_length + 4 <= width:
            right = usual + "  " + right
        return _between(left, right, width, self.ascii_only)

    def _usual(self, length: float) -> str:
        """Return how long the run usually takes, and what is left by that."""
        if self.usual is None or self.run.record.status not in {"running", "completed"}:
            return ""
        usual = f"usually {elapsed(self.usual, live=False)}"
        if not self.run.is_live:
            return usual
        left = self.usual - length
        return f"{usual}, {elapsed(left, live=True)} left" if left > 0 else f"{usual}, {elapsed(-left, live=True)} over"

    def _second(self, width: int) -> Content:
        record = self.run.record
        if self.error:
            return Content.styled(self.error, "$text-error").truncate(width, ellipsis=not self.ascii_only)
        if self.reading:
            return Content.styled(self.reading, "$foreground-muted").truncate(width, ellipsis=not self.ascii_only)
        ended, total, items, of_items = self._progress()
        parts: list[Content | tuple[str, str] | str] = []
        if total or self.position is not None:
            share = (ended + (items / of_items if of_items else 0)) / total if self.position is None else self.position
            parts += [_progress_bar(share, self.ascii_only), f" {ended} of {total}"]
        separator = (" - " if self.ascii_only else " · ", "$foreground-muted")
        if of_items:
            parts += [separator, f"{items:,} of {of_items:,} items"]
        warnings = self.run.warnings
        right = Content.styled(f"{warnings} warning{'s' if warnings > 1 else ''}" if warnings else "", "$text-warning")
        if record.status in {"running", "pending"}:
            step = current_step(self.run.active.values())
            if record.queued is not None:
                parts += [separator, (record.queued.why, "$text-warning")]
            if record.cancel_requested:  # before the step: a narrow header cuts the end
                parts += [separator, (with_keys(self.app, _STOPPING), "$text-warning")]
            if self.silence and not self.playback:
                parts += [separator, (f"its process is {self.silence}", "$text-warning")]
            if step is not None:
                note = step_note(step, self.now())
                name = self.run.title(step)
                name = f"{step.step_name} {name}" if step.path.endswith("]") else name
                parts += [separator, name, *([(f"  {note}", "$foreground-muted")] if note else [])]
        elif record.status == "interrupted":
            seen = f", last seen {local_timestamp(self.run.last_sign, self.now())}" if self.run.last_sign else ""
            resume = with_keys(self.app, "press {monitor.resume} to resume")
            parts += [separator, (f"{resume}; its process ended{seen}", "$text-warning")]
        elif record.error is not None:
            if record.error.type == UNRESOLVED:
                parts += [
                    separator,
                    (with_keys(self.app, "press {monitor.connect} for missing requirements"), "$text-warning"),
                ]
            parts += [separator, (first_line(record.error.message), "$text-error")]
        left = Content.assemble(*parts)
        room = width - left.cell_length - right.cell_length - 4
        owner = next((each for each in self.owner if len(each) <= room), "") if self.run.is_live else ""
        if not owner and self.run.is_live and self.owner and len(self.owner[-1]) + _LEFT <= width:
            owner = self.owner[-1]  # what does not fit of a note is beside its step, too
        elif not owner and self.run.is_live and self.owner and width >= _LEFT + _OWNER:
            owner = self.owner[-1][: width - _LEFT - 1] + ("~" if self.ascii_only else "…")
        if owner:
            right = Content.assemble((owner, "$foreground-muted"), "  " if right else "", right)
        return _between(left, right, width, self.ascii_only)

    def _progress(self) -> CountedProgress:
        """Return what has ended; counted once for each state of the record."""
        record, (counted, seq, found) = self.run.record, self._counted
        if counted is not record or seq != record.last_seq:
            found = CountedProgress(
                *progress(record), *(item_progress(record) if record.status not in TERMINAL else (0, 0))
            )
            self._counted = (record, record.last_seq, found)
        return found


def _belongs(record: ExecutionRecord) -> str:
    if record.parent_id is None:
        return ""
    return (
        f"  step {record.parent_path} of {record.parent_id}" if record.parent_path else f"  rerun of {record.parent_id}"
    )


def _progress_bar(share: float, ascii_only: bool) -> Content:
    done = round(share * _BAR)
    full, rest = ("#", "-") if ascii_only else ("━", "─")
    return Content.assemble((full * done, "$primary"), (rest * (_BAR - done), "$foreground-muted 60%"))


def _between(left: Content, right: Content, width: int, ascii_only: bool) -> Content:
    room = max(0, width - right.cell_length - (2 if right else 0))
    if left.cell_length > room:
        left = left.truncate(max(0, room - 1)) + ("~" if ascii_only else "…")
    return left.pad_right(max(0, width - right.cell_length - left.cell_length)) + right
