"""How a run is told while it goes: one line per ended step, and on a terminal a last line that lives."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Protocol

from wftui.cli.terminal import Terminal
from wftui.model.base import Json
from wftui.model.durations import format_duration
from wftui.model.events import (
    CancelRequested,
    ExecutionEvent,
    Log,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepWaiting,
)
from wftui.model.execution import ExecutionRecord, StepResult
from wftui.model.reducer import apply, progress

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_SPINNER_ASCII = "|/-\\"
_TICK = 0.1
_NAME_WIDTH = 28


class Reporter(Protocol):
    """Is told a run's events in order, each after the record has taken it in."""

    def event(self, record: ExecutionRecord, event: ExecutionEvent) -> None:
        """One event."""

    def tick(self, record: ExecutionRecord) -> None:
        """Time has passed."""

    def end(self, record: ExecutionRecord) -> None:
        """The run has ended, or nothing more will come."""


class EventLines:
    """One JSON event a line."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def event(self, _record: ExecutionRecord, event: ExecutionEvent) -> None:
        """Print the event."""
        self._terminal.line(event.to_json())

    def tick(self, record: ExecutionRecord) -> None:
        """Nothing moves."""

    def end(self, record: ExecutionRecord) -> None:
        """Nothing to add."""


class Silent:
    """Says nothing (`--json`, `--quiet`)."""

    def event(self, record: ExecutionRecord, event: ExecutionEvent) -> None:
        """Nothing."""

    def tick(self, record: ExecutionRecord) -> None:
        """Nothing."""

    def end(self, record: ExecutionRecord) -> None:
        """Nothing."""


class StepLines:
    """Lines for people: each step as it ends, and on a terminal what runs at the moment below them."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._frame = 0
        self._has_status = False

    def event(self, record: ExecutionRecord, event: ExecutionEvent) -> None:
        """Print a line when a step has ended, waits for a person, or is tried again."""
        line = self._line(record, event)
        if line is not None:
            self._clear()
            self._terminal.line(line)

    def tick(self, record: ExecutionRecord) -> None:
        """Redraw the status line."""
        if not self._terminal.is_live:
            return
        self._frame += 1
        frames = _SPINNER if self._terminal.is_unicode else _SPINNER_ASCII
        done, total = progress(record)
        active = [step for step in record.step_results if step.status in {"running", "waiting"}]
        leaves = [step for step in active if not any(other.parent == step.path for other in active)]
        text = f"{frames[self._frame % len(frames)]} {done}/{total}  " + ", ".join(map(_describe, leaves))
        text = text[: self._terminal.width - 1]
        self._terminal.write("\r\x1b[K" + self._terminal.paint(text, "blue"))
        self._has_status = True

    def end(self, record: ExecutionRecord) -> None:
        """Print how the run ended."""
        self._clear()
        terminal = self._terminal
        took = f" in {format_duration(record.duration / 1000)}" if record.duration is not None else ""
        warned = f" with {record.warnings} warning{'s' * (record.warnings != 1)}" if record.warnings else ""
        terminal.line(
            f"{terminal.glyph(record.status)} {record.workflow_id} {record.status}{took}{warned}  {record.id}"
        )

    def _clear(self) -> None:
        if self._has_status:
            self._terminal.write("\r\x1b[K")
            self._has_status = False

    def _line(self, record: ExecutionRecord, event: ExecutionEvent) -> str | None:
        terminal = self._terminal
        match event:
            case StepCompleted() | StepCancelled():
                took = format_duration(event.duration / 1000)
                status = "completed" if isinstance(event, StepCompleted) else "cancelled"
                return (
                    f"{terminal.glyph(status)} {event.path:<{_NAME_WIDTH}} {took:>7}{_iterations(record, event.path)}"
                )
            case StepFailed():
                handled = " (handled)" if event.handled else ""
                took = format_duration(event.duration / 1000)
                why = terminal.paint(f"{event.error.type}: {event.error.message}{handled}", "red")
                return f"{terminal.glyph('failed')} {event.path:<{_NAME_WIDTH}} {took:>7}  {why}"
            case StepSkipped():
                return f"{terminal.glyph('skipped')} {event.path:<{_NAME_WIDTH}}          {event.reason}"
            case StepRetrying():
                why = f"attempt {event.attempt} failed, {event.error.type}: {event.error.message}; trying again"
                return f"{terminal.glyph('waiting')} {event.path:<{_NAME_WIDTH}}          {why}"
            case StepWaiting() if event.waiting.reason == "approval":
                how = f"wftui approve {record.id} {event.path}"
                return (
                    f"{terminal.glyph('waiting')} {event.path:<{_NAME_WIDTH}}          {event.waiting.prompt}  ({how})"
                )
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
        text += f" {step.iterations.completed + step.iterations.failed}/{step.iterations.total}"
    elif step.progress is not None:
        text += f" {step.progress:.0%}"
    if step.waiting:
        text += f" (waits: {step.waiting.reason})"
    return text


def _iterations(record: ExecutionRecord, path: str) -> str:
    step = record.step(path)
    if step is None or step.iterations is None:
        return ""
    failed = f", {step.iterations.failed} failed" if step.iterations.failed else ""
    return f"  {step.iterations.completed + step.iterations.failed} items{failed}"


async def report(
    record: ExecutionRecord, batches: AsyncIterator[list[ExecutionEvent]], reporter: Reporter
) -> ExecutionRecord:
    """Fold a run's events into `record` and tell the reporter each, until there are no more."""
    ticking = asyncio.create_task(_tick(record, reporter))
    try:
        async for batch in batches:
            for event in batch:
                apply(record, event)
                reporter.event(record, event)
    finally:
        ticking.cancel()
    reporter.end(record)
    return record


async def _tick(record: ExecutionRecord, reporter: Reporter) -> None:
    while True:
        await asyncio.sleep(_TICK)
        reporter.tick(record)


def print_outputs(terminal: Terminal, outputs: Json) -> None:
    """A run's outputs for people: text as it is, the rest as JSON, each under its name."""
    if not isinstance(outputs, dict) or all(value is None for value in outputs.values()):
        return  # a failed run whose outputs all read what never ran
    for name, value in outputs.items():
        if isinstance(value, str) and "\n" in value:
            terminal.line(terminal.paint(f"{name}:", "bold"))
            terminal.line(value.rstrip("\n"))
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            terminal.line(f"{terminal.paint(name + ':', 'bold')} {text}")
