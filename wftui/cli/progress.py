"""Progress of a run: a line per finished step, and a live status line."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from wftui.cli.terminal import Terminal
from wftui.model.base import Json
from wftui.model.errors import ExitCode
from wftui.model.run.actions import UNRESOLVED
from wftui.model.run.events import (
    CancelRequested,
    ExecutionEvent,
    Log,
    Queued,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepMoved,
    StepRetrying,
    StepSkipped,
    StepWaiting,
)
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import apply, new_record, progress
from wftui.model.run.steps import StepResult
from wftui.model.text.commands import shown_command
from wftui.model.text.terminal_text import clean_cell
from wftui.model.workflow.durations import format_duration

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_SPINNER_ASCII = "|/-\\"
_TICK = 0.1
_NAME_WIDTH = 28


class StepLines:
    """Prints each step as it ends, and active steps on a live line."""

    def __init__(self, terminal: Terminal, place: Sequence[str] = ()) -> None:
        self._terminal = terminal
        self._place = place
        self._frame = 0
        self._has_status = False

    async def follow(self, run_id: str, batches: AsyncIterator[list[ExecutionEvent]]) -> None:
        """Print all events of a run from its first until its last."""
        record = new_record(run_id)
        ticking = asyncio.create_task(self._tick(record)) if self._terminal.is_live else None
        try:
            async for batch in batches:
                for event in batch:
                    apply(record, event)
                    self.event(record, event)
        finally:
            if ticking is not None:
                ticking.cancel()
        self.end(record)

    def event(self, record: ExecutionRecord, event: ExecutionEvent) -> None:
        """Print a line when a step ends, waits, moves or is retried."""
        line = self._line(record, event)
        if line is not None:
            self._clear()
            self._terminal.progress(line)

    async def _tick(self, record: ExecutionRecord) -> None:
        while True:
            await asyncio.sleep(_TICK)
            self._show_status(record)

    def _show_status(self, record: ExecutionRecord) -> None:
        if self._terminal.is_behind:
            return
        self._frame += 1
        frames = _SPINNER if self._terminal.is_unicode else _SPINNER_ASCII
        done, total = progress(record)
        active = [step for step in record.step_results if step.status in {"running", "waiting"}]
        inner = {step.parent for step in active}
        leaves = [step for step in active if step.path not in inner][: self._terminal.width]
        text = f"{frames[self._frame % len(frames)]} {done}/{total}  " + ", ".join(map(_describe, leaves))
        text = clean_cell(text)[: self._terminal.width - 1]
        self._terminal.status(self._terminal.paint(text, "blue"))
        self._has_status = True

    def end(self, record: ExecutionRecord) -> None:
        """Print the result of the run."""
        self._clear()
        terminal = self._terminal
        terminal.report_dropped()
        took = f" in {format_duration(record.duration / 1000)}" if record.duration is not None else ""
        warned = f" with {record.warnings} warning{'s' * (record.warnings != 1)}" if record.warnings else ""
        terminal.line(
            f"{terminal.glyph(record.status)} {record.workflow_id} {record.status}{took}{warned}  {record.id}"
        )

    def _clear(self) -> None:
        if self._has_status:
            self._terminal.status()
            self._has_status = False

    def _line(self, record: ExecutionRecord, event: ExecutionEvent) -> str | None:
        terminal = self._terminal
        match event:
            case StepCompleted() | StepCancelled():
                took = format_duration(event.duration / 1000)
                status = "completed" if isinstance(event, StepCompleted) else "cancelled"
                why = f"  {event.reason}" if isinstance(event, StepCancelled) and event.reason else ""
                more = why or _iterations(record, event.path)
                return f"{terminal.glyph(status)} {event.path:<{_NAME_WIDTH}} {took:>7}{more}"
            case StepFailed():
                handled = " (handled)" if event.handled else ""
                took = format_duration(event.duration / 1000)
                why = terminal.paint(f"{event.error.type}: {event.error.message}{handled}", "red")
                return f"{terminal.glyph('failed')} {event.path:<{_NAME_WIDTH}} {took:>7}  {why}"
            case StepSkipped():
                return f"{terminal.glyph('skipped')} {event.path:<{_NAME_WIDTH}}          {event.reason}"
            case StepRetrying():
                why = f"attempt {event.attempt} failed, {event.error.type}: {event.error.message}; retrying"
                return f"{terminal.glyph('waiting')} {event.path:<{_NAME_WIDTH}}          {why}"
            case StepWaiting() if event.waiting.reason == "approval":
                how = shown_command(["approve", record.id, event.path], self._place)
                return (
                    f"{terminal.glyph('waiting')} {event.path:<{_NAME_WIDTH}}          {event.waiting.prompt}  ({how})"
                )
            case StepWaiting() if event.waiting.reason == "worker":
                return f"{terminal.glyph('waiting')} {event.path:<{_NAME_WIDTH}}          waiting: {event.waiting.why}"
            case StepMoved():
                why = f"moved to {event.to}: {event.from_} was lost"
                return f"{terminal.glyph('running')} {event.path:<{_NAME_WIDTH}}          {why}"
            case Queued(place=0):
                return f"{terminal.glyph('running')} its turn in group {event.group}"
            case Queued() if record.queued is not None:
                return f"{terminal.glyph('waiting')} {record.queued.why}"
            case CancelRequested():
                return f"{terminal.glyph('cancelled')} cancelling…"
            case Log(level="error" | "warn"):
                where = f"{event.path}: " if event.path else ""
                return terminal.paint(f"  {where}{event.message}", "yellow" if event.level == "warn" else "red")
            case _:
                return None


def _describe(step: StepResult) -> str:
    text = step.path
    if step.iterations and step.iterations.total:
        text += f" {step.iterations.ended}/{step.iterations.total}"
    elif step.progress is not None:
        text += f" {step.progress:.0%}"
    if step.waiting:
        text += f" (waiting: {step.waiting.why})"
    return text


def _iterations(record: ExecutionRecord, path: str) -> str:
    step = record.step(path)
    if step is None or step.iterations is None:
        return ""
    failed = f", {step.iterations.failed} failed" if step.iterations.failed else ""
    return f"  {step.iterations.ended} items{failed}"


def print_outputs(terminal: Terminal, outputs: Json) -> None:
    """Print outputs by name: text as is, anything else as JSON."""
    if not isinstance(outputs, dict) or all(value is None for value in outputs.values()):
        return  # a failed run whose outputs all refer to steps that never ran
    for name, value in outputs.items():
        if isinstance(value, str) and "\n" in value:
            terminal.line(terminal.paint(f"{name}:", "bold"))
            terminal.line(value.rstrip("\n"))
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            terminal.line(f"{terminal.paint(name + ':', 'bold')} {text}")


def exit_code(record: ExecutionRecord) -> ExitCode:
    """Return the exit code for a finished run."""
    if record.status == "completed":
        return ExitCode.DONE
    if record.status == "cancelled":
        return ExitCode.CANCELLED
    if record.error is not None and record.started_at is None and record.error.type != UNRESOLVED:
        return ExitCode.USAGE  # it never started: its inputs were invalid
    return ExitCode.FAILED
