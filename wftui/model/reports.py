"""Comparisons, statistics and workers as lines of text, for terminals and screens."""

import textwrap
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Literal, NamedTuple

from wftui.model.comparison.comparison import ComparedRun, ComparedStep, RunComparison
from wftui.model.comparison.value_change import ValueChange
from wftui.model.statistics import DayStatistics, PeriodStatistics, WorkflowStatistics
from wftui.model.text.glyphs import GLYPHS, UNKNOWN_GLYPH
from wftui.model.text.local_times import DATE_AND_MINUTE, local_day, local_text
from wftui.model.workers import WorkerInfo
from wftui.model.workflow.durations import format_duration

Tone = Literal["plain", "heading", "dim", "good", "bad", "changed"]

_BARS = ("▁▂▃▄▅▆▇█", "_.,-=+*#")
_BARS_AT_MOST = 60
_SLOWEST = 15
_NAME = 28
_SENTENCE = 76
_ALIKE = 3
"""Steps in iterations, one after another and without a difference, that are listed."""


class ReportLine(NamedTuple):
    """A line and the tone in which it is shown."""

    text: str
    tone: Tone = "plain"
    run_id: str | None = None


def comparison_lines(found: RunComparison, *, ascii_only: bool = False) -> Iterator[ReportLine]:
    """Yield a comparison for people; each tone has its own sign in the text."""
    yield from (ReportLine(line, "heading") for line in textwrap.wrap(found.difference, _SENTENCE))
    yield _run_line("before", found.before, ascii_only)
    yield _run_line("after ", found.after, ascii_only)
    yield from (ReportLine(line, "changed") for text in found.left_out for line in textwrap.wrap(text, _SENTENCE))
    yield from _changes("Inputs", found.inputs)
    if found.definition:
        yield ReportLine("")
        yield ReportLine("Workflow", "heading")
        yield from map(_diff_line, found.definition)
    yield ReportLine("")
    yield ReportLine("Steps", "heading")
    for key, steps in groupby(found.steps, _is_alike):
        some = list(steps)
        shown = some if not key or len(some) <= _ALIKE else ()
        for step in shown:
            yield from _step_lines(step, ascii_only)
        if not shown:
            yield ReportLine(f"     {len(some):,} more in iterations, without a difference", "dim")
    yield from _changes("Outputs", found.outputs)
    for step in found.steps:
        if step.log:
            yield ReportLine("")
            yield ReportLine(f"Log of {step.path}", "heading")
            yield from map(_diff_line, step.log)


def _run_line(word: str, run: ComparedRun, ascii_only: bool) -> ReportLine:
    started = local_text(run.started_at) if run.started_at else "never started"
    text = f"{word}  {_glyph(run.status, ascii_only)} {run.status}  {run.workflow_id}  {run.id}  {started}"
    return ReportLine(f"{text}  {_time(run.duration)}", "dim", run.id)


def _changes(title: str, changes: Sequence[ValueChange]) -> Iterator[ReportLine]:
    if changes:
        yield ReportLine("")
        yield ReportLine(title, "heading")
    for change in changes:
        yield ReportLine(f"  {change.sentence()}", "changed")


def _step_lines(step: ComparedStep, ascii_only: bool) -> Iterator[ReportLine]:
    arrow = "->" if ascii_only else "→"
    signs = [_glyph(status, ascii_only) if status else " " for status in (step.status_before, step.status_after)]
    times = f"{_time(step.duration_before):>7} {arrow} {_time(step.duration_after):>7}"
    notes = [_relation(step)]
    if step.attempts_before != step.attempts_after and step.attempts_before and step.attempts_after:
        notes.append(f"attempts {step.attempts_before} {arrow} {step.attempts_after}")
    if step.slower:
        usual = f", usually {_time(step.usual.p50)} to {_time(step.usual.p95)}" if step.usual else ""
        notes.append(f"slower{usual}")
    tone: Tone = "changed" if step.differs else "plain" if step.slower else "dim"
    if step.status_after == "failed" and step.status_before != "failed":
        tone = "bad"
    note = "; ".join(note for note in notes if note)
    mark = "*" if step.differs else " "
    yield ReportLine(f"{mark} {signs[0]}{signs[1]} {step.path:<{_NAME}} {times}  {note}".rstrip(), tone)
    for name, changes in (("input", step.input), ("output", step.output)):
        for change in changes[:10]:
            yield ReportLine(f"      {name}: {change.sentence()}", "changed")
        if len(changes) > 10:
            yield ReportLine(f"      {name}: {len(changes) - 10} more changes", "dim")
    if step.error_before != step.error_after:
        for sign, error in (("-", step.error_before), ("+", step.error_after)):
            if error:
                yield ReportLine(f"      {sign} {error.splitlines()[0]}", "good" if sign == "-" else "bad")


def _is_alike(step: ComparedStep) -> bool:
    """Return whether a step of an iteration has no difference to show."""
    return "]" in step.path and step.relation == "same" and not (step.differs or step.slower or step.log)


def _relation(step: ComparedStep) -> str:
    match step.relation:
        case "renamed" | "moved":
            return f"{step.relation}, was {step.path_before}"
        case "added":
            return "new"
        case "removed":
            return "missing"
        case _:
            return ""


def _diff_line(line: str) -> ReportLine:
    tones: dict[str, Tone] = {"+": "good", "-": "bad", "@": "dim"}
    return ReportLine(f"  {line}", tones.get(line[:1], "plain"))


def statistics_lines(found: WorkflowStatistics, *, ascii_only: bool = False) -> Iterator[ReportLine]:
    """Yield statistics for people."""
    yield ReportLine(f"{found.workflow_id or 'all workflows'} since {local_day(found.since)}", "heading")
    yield ReportLine(f"{'':<12} {'RUNS':>7} {'FAILED':>7} {'SUCCESS':>8} {'P50':>7} {'P95':>7}", "dim")
    for name, period in (("total", found.total), ("last week", found.last_week), ("week before", found.week_before)):
        yield _period_line(name, period)
    if found.truncated:
        yield ReportLine("only the newest runs of each status were read", "dim")
    if found.days:
        yield ReportLine("")
        yield ReportLine(f"Trend, {found.days[0].day} to {found.days[-1].day}", "heading")
        bars = _trend(found.days)
        for name, values in (
            ("runs", [float(sum(day.runs for day in days)) for days in bars]),
            ("failed", [float(sum(day.failed for day in days)) for days in bars]),
            ("p50", [max((day.p50 or 0.0 for day in days), default=0.0) for days in bars]),
        ):
            if name == "p50" and not any(values):  # no run completed
                continue
            top = _time(max(values)) if name == "p50" else f"{max(values):,.0f}"
            yield ReportLine(f"  {name:<7} {sparkline(values, ascii_only=ascii_only)}  at most {top}")
    if found.steps:
        yield ReportLine("")
        yield ReportLine("Steps, slowest first", "heading")
        yield ReportLine(f"  {'':<{_NAME}} {'P50':>7} {'P95':>7} {'BEFORE':>7} {'FAILED':>12}", "dim")
        for step in found.steps[:_SLOWEST]:
            failed = f"{step.failed:,} of {step.times:,}" if step.failed else ""
            times = f"{_time(step.p50):>7} {_time(step.p95):>7} {_time(step.p50_before):>7}"
            slower = step.p50 is not None and step.p50_before is not None and step.p50 > 1.5 * step.p50_before
            line = f"  {step.path:<{_NAME}} {times} {failed:>12}{'  slower' if slower else ''}"
            yield ReportLine(line.rstrip(), "bad" if step.failed else "changed" if slower else "plain")
        failing = sorted((step for step in found.steps if step.failed), key=lambda step: -step.failed / step.times)
        if len(found.steps) > _SLOWEST and failing:
            yield ReportLine("")
            yield ReportLine("Steps, most failing first", "heading")
            for step in failing[:_SLOWEST]:
                yield ReportLine(f"  {step.path:<{_NAME}} {step.failed:,} of {step.times:,}", "bad")
    if found.errors:
        yield ReportLine("")
        yield ReportLine("Errors", "heading")
        for error in found.errors:
            message = error.message.partition("\n")[0]
            yield ReportLine(f"  {error.runs:>5,}  {error.type}: {message}", "bad", error.last_run)


def _trend(days: Sequence[DayStatistics]) -> list[list[DayStatistics]]:
    """Return the days of each bar: one or more, also those without runs."""
    first, last = (date.fromisoformat(day.day).toordinal() for day in (days[0], days[-1]))
    of_a_bar = -(-(last - first + 1) // _BARS_AT_MOST)
    found: list[list[DayStatistics]] = [[] for _ in range(first, last + 1, of_a_bar)]
    for day in days:
        found[(date.fromisoformat(day.day).toordinal() - first) // of_a_bar].append(day)
    return found


def _period_line(name: str, period: PeriodStatistics) -> ReportLine:
    success = f"{period.success_rate:.0%}" if period.success_rate is not None else "-"
    times = f"{_time(period.p50):>7} {_time(period.p95):>7}"
    return ReportLine(f"{name:<12} {period.runs:>7,} {period.failed:>7,} {success:>8} {times}")


_STATES: dict[str, tuple[str, Tone]] = {
    "idle": ("pending", "dim"),
    "working": ("running", "plain"),
    "draining": ("waiting", "changed"),
    "lost": ("failed", "bad"),
}
"""By state of a worker, the status whose glyph it has, and its tone."""


def worker_lines(workers: Sequence[WorkerInfo], now: datetime, *, ascii_only: bool = False) -> Iterator[ReportLine]:
    """Yield the workers, each with the jobs that it does."""
    if not workers:
        return
    name = max(len("WORKER"), *(len(worker.name) for worker in workers))
    pools = max(len("POOLS"), *(len(", ".join(worker.pools)) for worker in workers))
    yield ReportLine(
        f"  {'WORKER':<{name}}  {'POOLS':<{pools}}  {'JOBS':<8} {'STATE':<8}  {'SINCE':<16}  VERSION", "heading"
    )
    for worker in workers:
        status, tone = _STATES[worker.state]
        jobs, since = f"{len(worker.jobs)} of {worker.places}", local_text(worker.since, DATE_AND_MINUTE)
        line = f"{_glyph(status, ascii_only)} {worker.name:<{name}}  {', '.join(worker.pools):<{pools}}  {jobs:<8}"
        yield ReportLine(f"{line} {worker.state:<8}  {since:<16}  {worker.version}", tone)
        for job in worker.jobs:
            took = format_duration(max(0.0, (now - job.started).total_seconds()))
            yield ReportLine(f"    {job.path}  {job.type}  {took}  run {job.run}", "plain", job.run)


def sparkline(values: Sequence[float], *, ascii_only: bool = False) -> str:
    """Return values as a row of bars; the highest is full."""
    bars, most = _BARS[ascii_only], max(values, default=0.0)
    if most <= 0:
        return bars[0] * len(values)
    return "".join(bars[min(len(bars) - 1, int(value / most * (len(bars) - 1) + 0.5))] for value in values)


def _time(milliseconds: float | None) -> str:
    return format_duration(milliseconds / 1000) if milliseconds is not None else "-"


def _glyph(status: str, ascii_only: bool) -> str:
    return GLYPHS.get(status, UNKNOWN_GLYPH)[ascii_only]
