"""Gantt bars in half cells: running, waiting, and the usual time beside."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import Literal

from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult
from wftui.model.run.worked_time import worked_seconds

Kind = Literal["gap", "run", "wait", "over", "usual", "late"]

_BARS: dict[tuple[bool, bool], str] = {(True, True): "━", (True, False): "╸", (False, True): "╺"}
_WAITS: dict[tuple[bool, bool], str] = {(True, True): "╌", (True, False): "╴", (False, True): "╶"}
_GLYPHS: dict[Kind, tuple[str, str]] = {"over": ("═", "#"), "usual": ("░", ":"), "late": ("·", ".")}
"""Glyphs of the kinds that fill whole cells, and their ASCII forms."""
_ORDER: tuple[Kind, ...] = ("run", "over", "wait", "usual", "late", "gap")
"""Of two halves of a cell, the kind that is drawn."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time span, in seconds since the run began, interruptions left out.

    `wait` is the time between two attempts, or for an approval; `over` is longer than usual. `usual` and `late` are a
    ghost: up to the median and up to the 95th percentile of earlier runs.
    """

    start: float
    end: float
    kind: Kind = "run"


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a run's time that the bars show, in seconds since the run began."""

    start: float
    length: float

    @property
    def end(self) -> float:
        """Its end."""
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Usual:
    """Usual duration of a step, in seconds: median and 95th percentile."""

    p50: float
    p95: float


def run_seconds(record: ExecutionRecord, now: datetime) -> float:
    """Return the seconds worked on a run so far; 0 before it starts."""
    start = record.started_at or record.created_at
    if start is None:
        return 0.0
    return worked_seconds(record, start, record.completed_at or now)


def step_seconds(step: StepResult, record: ExecutionRecord, now: datetime) -> float | None:
    """Return the seconds worked on a step so far; None before it starts."""
    if step.duration is not None:
        return step.duration / 1000
    if step.started_at is None:
        return None
    return worked_seconds(record, step.started_at, step.completed_at or now)


def spans(step: StepResult, record: ExecutionRecord, now: datetime) -> list[Span]:
    """Return when a step was running and when waiting, in order."""
    origin = record.started_at or record.created_at
    if origin is None or step.started_at is None:
        return []

    def at(timestamp: datetime) -> float:
        return worked_seconds(record, origin, timestamp)

    end = step.completed_at or now
    if len(step.attempts) < 2:
        waits = step.status == "waiting" and step.waiting is not None
        return [Span(at(step.started_at), max(at(step.started_at), at(end)), "wait" if waits else "run")]
    found: list[Span] = []
    for attempt in step.attempts:
        if found:
            found.append(Span(found[-1].end, at(attempt.started_at), "wait"))
        # Records of 0.1 do not know the end of an attempt whose process died.
        known = attempt.completed_at or (end if attempt is step.attempts[-1] else attempt.started_at)
        found.append(Span(at(attempt.started_at), at(known)))
    if found[-1].end < at(end):
        found.append(Span(found[-1].end, at(end), "wait"))
    return found


def beside_usual(parts: list[Span], usual: Usual | None) -> list[Span]:
    """Return the spans of a step with a ghost of its usual time, or what is over it."""
    if usual is None or not parts:
        return parts
    start, end = parts[0].start, parts[-1].end
    typical, late = start + usual.p50, start + usual.p95
    found = [Span(end, typical, "usual")] if typical > end else []
    if late > max(end, typical):
        found.append(Span(max(end, typical), late, "late"))
    for part in parts:
        if part.kind != "run" or part.end <= late:
            found.append(part)
            continue
        if part.start < late:
            found.append(Span(part.start, late))
        found.append(Span(max(part.start, late), part.end, "over"))
    return found


def bar(parts: list[Span], window: Window, width: int, *, ascii_only: bool = False) -> list[tuple[str, Kind]]:
    """Return a window of time as segments of one kind, exactly `width` cells in total.

    Every span that begins in the window takes at least half a cell; running hides waiting in the same cell.
    """
    if width <= 0:
        return []
    halves: list[Kind] = ["gap"] * (2 * width)
    scale = len(halves) / window.length if window.length >= 0.001 else 0.0
    for part in sorted(parts, key=lambda part: -_ORDER.index(part.kind)):
        begin, end = part.start - window.start, part.end - window.start
        if window.start and (end <= 0 or begin >= window.length):
            continue
        first = max(0, min(floor(begin * scale), len(halves) - 1))
        last = min(max(ceil(end * scale), first + 1), len(halves))
        if part.kind in ("usual", "late") and begin > window.length:
            continue
        for position in range(first, last):
            halves[position] = part.kind
    return _joined([_cell(halves[2 * cell], halves[2 * cell + 1], ascii_only) for cell in range(width)])


def _cell(left: Kind, right: Kind, ascii_only: bool) -> tuple[str, Kind]:
    kind = min((left, right), key=_ORDER.index)
    if kind == "gap":
        return " ", kind
    if kind in _GLYPHS:
        return _GLYPHS[kind][ascii_only], kind
    if ascii_only:
        return ("=" if kind == "run" else "-"), kind
    glyphs = _BARS if kind == "run" else _WAITS
    return glyphs[left == kind, right == kind], kind


def _joined(cells: list[tuple[str, Kind]]) -> list[tuple[str, Kind]]:
    runs: list[tuple[str, Kind]] = []
    for text, kind in cells:
        if runs and runs[-1][1] == kind:
            runs[-1] = runs[-1][0] + text, kind
        else:
            runs.append((text, kind))
    return runs
