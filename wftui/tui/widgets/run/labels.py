"""Labels of runs and steps, shared by lists and headers."""

import os
import socket
from datetime import datetime

from wftui.model.listing import RecentInputs
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import ExecutionError, Iterations, StepResult, Waiting
from wftui.model.run.summary import ExecutionSummary, RunOwner
from wftui.model.run.worked_time import interrupted_seconds
from wftui.model.text.local_times import DATE_AND_MINUTE, TIME, local_text, local_time
from wftui.model.workflow.durations import format_duration
from wftui.tui.display.formatting import count
from wftui.tui.widgets.log.sanitize import clean, plain


def first_line(text: str) -> str:
    """Return the first non-empty line, sanitized."""
    for line in text.splitlines():
        if line.strip():
            return plain(clean(line)).strip()
    return ""


def elapsed(seconds: float, *, live: bool) -> str:
    """Return a duration: `0:07`, `1:02:03` while live, else exact (`1.2s`)."""
    if not live:
        return format_duration(seconds)
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def local_timestamp(timestamp: datetime, now: datetime) -> str:
    """Return a local time: `19:17:52` today, else `11-20 19:17`.

    Times of other years include the year: `2025-11-20 19:17`; those of a repeated hour the zone: `02:30:00 CEST`.
    """
    here, today = local_time(timestamp), local_time(now)
    if here.date() == today.date():
        return local_text(timestamp, TIME)
    return local_text(timestamp, "%m-%d %H:%M" if here.year == today.year else "%Y-%m-%d %H:%M")


def inputs_label(inputs: RecentInputs) -> str:
    """Return the name of earlier inputs: `2026-11-02 10:30 completed`, or `not run`."""
    when = "" if inputs.started_at is None else f"{local_text(inputs.started_at, DATE_AND_MINUTE)} "
    return f"{when}{inputs.label}"


def iteration_counts(iterations: Iterations, *, live: bool) -> str:
    """Return the progress of a forEach or loop: `37 of 100, 2 failed`.

    A loop shows `3 so far`, at its end `3 rounds`.
    """
    ended = iterations.ended
    if iterations.total is not None:
        text = f"{ended} of {iterations.total}"
    else:
        text = f"{ended} so far" if live else count(ended, "round")
    return f"{text}, {iterations.failed} failed" if iterations.failed else text


def waiting_label(waits: Waiting, now: datetime) -> str:
    """Return the reason a step is waiting."""
    left = "" if waits.until is None else format_duration(max(0.0, (waits.until - now).total_seconds()))
    match waits.reason:
        case "approval":
            asks = f"approval: {first_line(waits.prompt)}" if waits.prompt else "waiting for approval"
            return f"{asks} ({left} left)" if left else asks
        case "retry":
            return f"retrying in {left}" if left else "retrying"
        case "delay":
            return f"waiting {left}" if left else "waiting"
        case "child":
            return f"waiting for run {waits.child_id}" if waits.child_id else "waiting for its run"
        case "start":
            return f"starting run {waits.child_id}" if waits.child_id else "starting its run"
        case _:
            return f"waiting: {waits.why}"


def progress_label(step: StepResult) -> str:
    """Return the progress a running step reports: `40% copying`."""
    share = f"{step.progress:.0%}" if step.progress is not None else ""
    return " ".join(part for part in (share, first_line(step.message or "")) if part)


def step_note(step: StepResult, now: datetime, *, stopped: bool = False) -> str:
    """Return a note on a step: error, wait, progress, counters or skip reason.

    Args:
        stopped: the step was running when the process of its run ended.
    """
    if stopped:
        counts = f"{iteration_counts(step.iterations, live=False)}, " if step.iterations is not None else ""
        return f"{counts}was {step.status} when its process ended"
    failure = _failure_note(step)
    if step.kept_from is not None and (step.iterations is None or failure):
        why = failure or first_line(step.skip_reason or "")
        return f"kept from {step.kept_from}{f': {why}' if why else ''}"
    if failure:
        return failure
    if step.won is not None:
        return f"won by {step.won}"
    if step.status == "waiting" and step.waiting is not None:
        return waiting_label(step.waiting, now)
    if step.status == "skipped" or (step.status == "cancelled" and step.skip_reason):
        return first_line(step.skip_reason or "")
    if step.iterations is not None:
        return iteration_counts(step.iterations, live=step.status in {"running", "waiting"})
    if step.status == "running" and not step.path.endswith("]"):
        return ", ".join(part for part in (progress_label(step), step.place) if part)
    return step.place


def _failure_note(step: StepResult) -> str:
    if step.error is None or step.status != "failed":
        return ""
    text = first_line(step.error.message)
    how = "caught" if step.caught is not None else "handled"
    return f"{how}: {text}" if step.handled else text


def interruption_note(record: ExecutionRecord, start: datetime | None, end: datetime | None) -> str:
    """Return how long a run was interrupted: `3h02m interrupted`, or ""."""
    if start is None or end is None or not record.interruptions:
        return ""
    seconds = interrupted_seconds(record, start, end)
    return f"{format_duration(seconds)} interrupted" if seconds else ""


def is_here(owner: RunOwner | None) -> bool:
    """Return whether this process runs a run: pids of other machines may be the same."""
    return owner is not None and owner.pid == os.getpid() and owner.host.partition(" ")[0] == socket.gethostname()


def owner_forms(summary: ExecutionSummary, now: datetime) -> tuple[str, ...]:
    """Return user and process of a run of another process, longest form first."""
    owner = summary.owner
    if owner is None or is_here(owner):
        return ()
    since = f" since {local_timestamp(owner.since, now)}" if owner.since is not None else ""
    place = f"process {owner.pid} on {owner.host}"
    user = f"{summary.user_id}, " if summary.user_id else ""
    return (
        f"{user}{place}{since}",
        f"{user}{place}",
        place,
        f"{user}{owner.host}",
        f"{user}{short_host(owner.host)}",
    )


def short_host(host: str) -> str:
    """Return the first label of a host name; an address as it is."""
    first = host.partition(".")[0]
    return host if first.isdigit() or not first else first


def error_location(error: ExecutionError) -> str:
    """Return the location of an error: `line 12, /steps/2/input/url`, or ""."""
    parts = [f"line {error.line}" if error.line else "", error.pointer or ""]
    return ", ".join(part for part in parts if part)


def run_label(record: ExecutionRecord, *, asks: bool) -> str:
    """Return the displayed status of a run, including cancelling and waiting."""
    if record.status != "running":
        return record.status
    return "cancelling" if record.cancel_requested else "waiting for you" if asks else "running"
