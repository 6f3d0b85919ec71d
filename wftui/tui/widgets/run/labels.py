"""Short sentences about runs and steps, for lists and headers; the same words wherever a run is shown."""

from datetime import datetime

from wftui.model.durations import format_duration
from wftui.model.execution import ExecutionError, ExecutionRecord, Iterations, StepResult, Waiting
from wftui.tui.counting import count
from wftui.tui.widgets.log.sanitize import clean, plain


def first_line(text: str) -> str:
    """The first line of a text that is not empty, without anything a terminal would act on."""
    for line in text.splitlines():
        if line.strip():
            return plain(clean(line)).strip()
    return ""


def elapsed(seconds: float, *, live: bool) -> str:
    """How long something takes: whole seconds while it goes on (`0:07`, `1:02:03`), exact at the end (`1.2s`)."""
    if not live:
        return format_duration(seconds)
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def local_timestamp(moment: datetime, now: datetime) -> str:
    """A moment where the user is: `19:17:52` today, `11-20 19:17` this year, else `2025-11-20 19:17`."""
    here, today = moment.astimezone(), now.astimezone()
    if here.date() == today.date():
        return here.strftime("%H:%M:%S")
    return here.strftime("%m-%d %H:%M" if here.year == today.year else "%Y-%m-%d %H:%M")


def iteration_counts(iterations: Iterations, *, live: bool) -> str:
    """How far a forEach or loop is: `37 of 100, 2 failed`; of a loop, `3 so far` and at its end `3 rounds`."""
    ended = iterations.completed + iterations.failed
    if iterations.total is not None:
        text = f"{ended} of {iterations.total}"
    else:
        text = f"{ended} so far" if live else count(ended, "round")
    return f"{text}, {iterations.failed} failed" if iterations.failed else text


def waiting_label(waits: Waiting, now: datetime) -> str:
    """What a step waits for."""
    left = "" if waits.until is None else format_duration(max(0.0, (waits.until - now).total_seconds()))
    match waits.reason:
        case "approval":
            asks = f"asks: {first_line(waits.prompt)}" if waits.prompt else "asks for an approval"
            return f"{asks} ({left} left)" if left else asks
        case "retry":
            return f"tries again in {left}" if left else "tries again"
        case "delay":
            return f"waits {left}" if left else "waits"
        case "child":
            return f"waits for run {waits.child_id}" if waits.child_id else "waits for its run"


def progress_label(step: StepResult) -> str:
    """What a running step says of itself: `40% copying`."""
    share = f"{step.progress:.0%}" if step.progress is not None else ""
    return " ".join(part for part in (share, first_line(step.message or "")) if part)


def step_note(step: StepResult, now: datetime, *, stopped: bool = False) -> str:
    """What there is to say about a step beyond its status: its error, wait, progress, counters or skip reason.

    Args:
        stopped: it was at work when the process of its run ended.
    """
    if stopped:
        return f"was {step.status} when its process ended"
    if step.error is not None and step.status == "failed":
        text = first_line(step.error.message)
        return f"went on after: {text}" if step.handled else text
    if step.status == "waiting" and step.waiting is not None:
        return waiting_label(step.waiting, now)
    if step.status == "skipped":
        return first_line(step.skip_reason or "")
    if step.iterations is not None:
        return iteration_counts(step.iterations, live=step.status in {"running", "waiting"})
    if step.status == "running" and not step.path.endswith("]"):
        return progress_label(step)
    return ""


def error_location(error: ExecutionError) -> str:
    """Where in workflow.json an error comes from: `line 12, /steps/2/input/url`; "" when that is not known."""
    parts = [f"line {error.line}" if error.line else "", error.pointer or ""]
    return ", ".join(part for part in parts if part)


def run_label(record: ExecutionRecord, *, asks: bool) -> str:
    """The word for a run: its status, or that it is on its way to being cancelled or asks a person."""
    if record.status != "running":
        return record.status
    return "cancelling" if record.cancel_requested else "waiting for you" if asks else "running"
