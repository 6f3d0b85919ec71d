"""Details of one step: error, output, input and attempts."""

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Literal

from textual.content import Content
from textual.message import Message

from wftui.model.base import Json
from wftui.model.clock import Clock
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import new_record
from wftui.model.run.steps import ExecutionError, StepResult
from wftui.store.events.payloads import as_reference
from wftui.tui.display.formatting import LOADING
from wftui.tui.display.status import look
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.log.sanitize import clean, plain
from wftui.tui.widgets.run.gantt import step_seconds
from wftui.tui.widgets.run.labels import elapsed, error_location, interruption_note, local_timestamp, step_note
from wftui.tui.widgets.value.lines import ValueLines
from wftui.tui.widgets.value.sizes import size_text
from wftui.tui.widgets.value.view import line_content

Section = Literal["input", "output", "error"]
_MOST = 200
"""Maximum number of lines per value; opening the value shows the rest."""


_BESIDE = 76
"""Width from which input and output are side by side."""


@dataclass(frozen=True, slots=True)
class DetailRow:
    """A line, and the section whose value it belongs to.

    `right` is that of its right half.
    """

    content: Content
    section: Section | None = None
    right: Section | None = None


@dataclass(frozen=True, slots=True)
class StepSurroundings:
    """Details of a step beside its result.

    Attributes:
        line: line of the step in workflow.json.
        log: its last log lines.
        stopped: it was running when its process ended.
    """

    line: int | None = None
    log: tuple[str, ...] = ()
    stopped: bool = False


class StepDetail(LineView):
    """The selected step; Enter opens the value under the cursor."""

    DEFAULT_CSS = """
    StepDetail { background: $surface; }
    """

    class Opened(Message):
        """A value of the step was opened."""

        def __init__(self, step: StepResult, section: Section) -> None:
            super().__init__()
            self.step = step
            self.section = section

    def __init__(self, now: Clock, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(ascii_only=ascii_only, id=id)
        self.now = now
        self.step: StepResult | None = None
        self.record = new_record("")
        self._rows: list[DetailRow] = []
        self._head_rows = 0
        self.around = StepSurroundings()
        self.right = True
        """The output is chosen where it is beside the input."""

    @property
    def stopped(self) -> bool:
        """Return whether the step was running when its process ended."""
        return self.around.stopped

    def show(
        self, step: StepResult | None, record: ExecutionRecord, around: StepSurroundings = StepSurroundings()
    ) -> None:
        """Show a step of a run."""
        if step is not self.step:
            self.cursor, self.right = 0, True
            self.scroll_to(y=0, animate=False)
        self.step, self.record, self.around = step, record, around
        self._rows = []
        if step is not None and self.room > 0:
            head = self._head(step)
            self._head_rows = len(head)
            beside = self.right if self.room >= _BESIDE else None
            self._rows = head + _rows(step, self.now(), self.room, self.ascii_only, stopped=self.stopped, beside=beside)
            self._rows += _log(self.around.log, self.room, with_keys(self.app, "{monitor.step_log} shows all"))
        self.set_rows(len(self._rows))

    def _head(self, step: StepResult) -> list[DetailRow]:
        lines = _head(step, self.record, self.now(), self.ascii_only, stopped=self.stopped)
        if self.around.line is not None:
            lines[0] = Content.assemble(lines[0], (f"  line {self.around.line} of workflow.json", "$foreground-muted"))
        return [DetailRow(part) for line in lines for part in line.wrap(max(2, self.room))]

    def tick(self) -> None:
        """Update the elapsed time of a running step."""
        if self.step is not None and self.step.status in {"running", "waiting"} and not self.stopped:
            head = self._head(self.step)
            if len(head) == self._head_rows:
                self._rows[: len(head)] = head
                self.repaint()
            else:
                self.show(self.step, self.record, self.around)

    def on_resize(self) -> None:
        """Lay out the values for the new width."""
        self.show(self.step, self.record, self.around)

    # --- input and output side by side

    def action_scroll_left(self) -> None:
        """Choose the input, where it is beside the output."""
        self._choose(right=False)

    def action_scroll_right(self) -> None:
        """Choose the output, where it is beside the input."""
        self._choose(right=True)

    def _choose(self, *, right: bool) -> None:
        if right != self.right and self.room >= _BESIDE:
            self.right = right
            self.show(self.step, self.record, self.around)

    def clicked(self, index: int, x: int) -> None:
        """Choose the clicked half."""
        if index < len(self._rows) and self._rows[index].right is not None:
            self._choose(right=x > _half(self.room))

    @property
    def section(self) -> Section:
        """The section under the cursor; above the first one, error or output."""
        if self.cursor < len(self._rows):
            for row in reversed(self._rows[: self.cursor + 1]):
                if row.section is not None:
                    return row.right if row.right is not None and self.right else row.section
        return "error" if self.step is not None and self.step.error is not None else "output"

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """Open the value under the cursor."""
        event.stop()
        if self.step is not None:
            self.post_message(self.Opened(self.step, self.section))

    def empty(self) -> str:
        """Return why there are no rows."""
        return "No step selected." if self.record.last_seq else LOADING

    def row(self, index: int, width: int) -> Content:
        """Render a line."""
        return self._rows[index].content.truncate(width, ellipsis=not self.ascii_only)


def result_lines(
    step: StepResult, record: ExecutionRecord, now: datetime, width: int, ascii_only: bool
) -> list[Content]:
    """Return status, error, output, input and attempts of a step as lines of a width."""
    lines = _head(step, record, now, ascii_only, stopped=False)
    head = [part for line in lines for part in line.wrap(max(2, width))]
    return head + [row.content for row in _rows(step, now, width, ascii_only, stopped=False)]


def section_title(title: str, note: str) -> Content:
    """Return the heading of a section."""
    return _title(title, note, None).content


def section_value(step: StepResult, section: Section) -> Json:
    """Return the value of a section as JSON."""
    if section == "error":
        return step.error.to_wire() if step.error is not None else None
    return step.input if section == "input" else step.output


def _rows(
    step: StepResult, now: datetime, width: int, ascii_only: bool, *, stopped: bool, beside: bool | None = None
) -> list[DetailRow]:
    """Return the sections of a step.

    Args:
        beside: input and output are side by side, and the right one is chosen.
    """
    rows: list[DetailRow] = []
    if step.error is not None:
        rows += _error(step.error, width, handled=step.handled)
    ended = step.status in {"completed", "failed", "cancelled"}
    has_output = step.output is not None or step.status == "completed"
    if has_output and step.input is not None and beside is not None:
        left = _value("Input", "input", step.input, _half(width), ascii_only)
        right = _value("Output", "output", step.output, _half(width), ascii_only)
        rows += _side_by_side(left, right, width, ascii_only, chosen_right=beside)
    else:
        if has_output:
            rows += _value("Output", "output", step.output, width, ascii_only)
        if step.input is not None:
            rows += _value("Input", "input", step.input, width, ascii_only)
    if len(step.attempts) > 1 or (step.attempts and not ended and step.attempts[-1].error):
        rows += _attempts(step, now, ascii_only, stopped=stopped)
    return rows


def _head(
    step: StepResult, record: ExecutionRecord, now: datetime, ascii_only: bool, *, stopped: bool
) -> list[Content]:
    style = look("interrupted" if stopped else step.status, ascii_only=ascii_only)
    taken = step_seconds(step, record, now)
    parts: list[str | tuple[str, str]] = [(f"{style.glyph} {style.word}", f"bold {style.color}"), "  "]
    parts += [(step.path, "bold"), (f"  {step.step_type}", "$foreground-muted")]
    if taken is not None and step.status != "skipped" and not stopped:
        live = step.status in {"running", "waiting"}
        parts.append((f"  {elapsed(taken, live=live)}", "$foreground"))
        gap = interruption_note(record, step.started_at, step.completed_at or now)
        if gap:
            parts.append((f" + {gap}", "$foreground-muted"))
    if step.started_at is not None:
        parts.append((f"  started {local_timestamp(step.started_at, now)}", "$foreground-muted"))
    lines = [Content.assemble(*parts)]
    note = step_note(step, now, stopped=stopped)
    if note and step.error is None:
        lines.append(Content.styled(note, style.color if step.status == "waiting" else "$foreground-muted"))
    return lines


def _error(error: ExecutionError, width: int, *, handled: bool) -> list[DetailRow]:
    title = "Error, handled: the run continued" if handled else "Error"
    rows = [_title(title, error.type, "error")]
    for line in error.message.splitlines() or [""]:
        rows += [
            DetailRow(Content.styled(part.plain, "$text-error"), "error")
            for part in Content(plain(clean(line))).wrap(max(2, width))
        ]
    where = error_location(error)
    if where:
        rows.append(DetailRow(Content.styled(f"in workflow.json, {where}", "$foreground-muted"), "error"))
    for line in (error.stack or "").splitlines()[-_MOST:]:
        rows.append(DetailRow(Content.styled(plain(clean(line)), "$foreground-muted"), "error"))
    if error.details is not None:
        rows += _lines(error.details, "error", width)
    return rows


def _value(title: str, section: Section, value: Json, width: int, ascii_only: bool) -> list[DetailRow]:
    reference = as_reference(value)
    if reference is None:
        return [_title(title, "", section), *_lines(value, section, width)]
    note = f"{size_text(reference.bytes)}, {'Enter' if ascii_only else '⏎'} opens the full value"
    return [_title(title, note, section), *_text_lines(reference.preview, section, width)]


def _half(width: int) -> int:
    return (width - 3) // 2


def _side_by_side(
    left: list[DetailRow], right: list[DetailRow], width: int, ascii_only: bool, *, chosen_right: bool
) -> list[DetailRow]:
    """Return rows with a value in each half; the heading of the chosen one is marked."""
    between = (" | " if ascii_only else " │ ", "$foreground-muted")
    nothing = DetailRow(Content(""))
    rows: list[DetailRow] = []
    for number, (one, other) in enumerate(zip_longest(left, right, fillvalue=nothing)):
        halves = [
            half.content.truncate(_half(width), ellipsis=not ascii_only, pad=is_left)
            for half, is_left in ((one, True), (other, False))
        ]
        if number == 0:
            halves[chosen_right] = halves[chosen_right].stylize(
                "reverse", 0, len("output" if chosen_right else "input")
            )
        rows.append(DetailRow(Content.assemble(halves[0], between, halves[1]), "input", "output"))
    return rows


def _log(lines: tuple[str, ...], width: int, note: str) -> list[DetailRow]:
    """Return the last log lines of a step."""
    if not lines:
        return []
    shown = [DetailRow(Content(plain(line)).truncate(width)) for line in lines]
    return [_title("Log", note, None), *shown]


def _lines(value: Json, section: Section, width: int) -> list[DetailRow]:
    return _text_lines(json.dumps(value, ensure_ascii=False), section, width)


def _text_lines(text: str, section: Section, width: int) -> list[DetailRow]:
    lines = ValueLines(width)
    lines.add(text, last=True)
    lines.ensure(_MOST)
    rows = [DetailRow(line_content(line), section) for line in lines.lines]
    if not lines.complete:
        rows.append(
            DetailRow(Content.styled("truncated; Enter opens the full value", "italic $foreground-muted"), section)
        )
    return rows


def _attempts(step: StepResult, now: datetime, ascii_only: bool, *, stopped: bool) -> list[DetailRow]:
    rows = [_title("Attempts", str(len(step.attempts)), None)]
    for attempt in step.attempts:
        status: str = "failed" if attempt.error else step.status
        if attempt.interrupted or (attempt.completed_at is None and (stopped or attempt is not step.attempts[-1])):
            status = "interrupted"
        style = look(status, ascii_only=ascii_only)
        taken = "" if attempt.duration is None else f"  {elapsed(attempt.duration / 1000, live=False)}"
        rows.append(
            DetailRow(
                Content.assemble(
                    (f"{style.glyph} ", style.color),
                    f"{attempt.attempt}",
                    (f"  {local_timestamp(attempt.started_at, now)}{taken}", "$foreground-muted"),
                    (f"  {plain(clean(attempt.error.message.strip()))}" if attempt.error else "", "$text-error"),
                )
            )
        )
    return rows


def _title(title: str, note: str, section: Section | None) -> DetailRow:
    return DetailRow(
        Content.assemble((title, "bold $text-secondary"), (f"  {note}" if note else "", "$foreground-muted")), section
    )
