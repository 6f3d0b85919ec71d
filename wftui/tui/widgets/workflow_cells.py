"""Cells of the workflow table."""

from datetime import datetime

from textual.content import Content

from wftui.model.listing import WorkflowRow
from wftui.model.run_notes import shown_status
from wftui.model.workflow.durations import format_duration
from wftui.tui.display.formatting import ago, count
from wftui.tui.display.status import look


def title(row: WorkflowRow, width: int) -> Content:
    """Return id and, if it fits, name in exactly `width` cells."""
    text = Content.styled(row.id, "b")
    if row.name and row.name != row.id and width - len(row.id) > 10:
        text = Content.assemble(text, "  ", (row.name, "$foreground-muted"))
    return text.truncate(width, ellipsis=True, pad=True)


def cells(row: WorkflowRow, now: datetime | None, *, known: bool, ascii_only: bool) -> dict[str, Content]:
    """Return the other cells by column; `known` is False before states are loaded."""
    if not known:
        waits = Content.styled("..." if ascii_only else "…", "$foreground-muted")
        return {"state": waits, "last": Content(""), "rate": Content(""), "median": Content("")}
    rate, median = row.stats.success_rate, row.stats.median_ms
    return {
        "state": _state(row, ascii_only),
        "last": _last(row, now, ascii_only),
        "rate": Content("" if rate is None else f"{rate:.0%}"),
        "median": Content("" if median is None else format_duration(median / 1000)),
    }


def _state(row: WorkflowRow, ascii_only: bool) -> Content:
    if row.state == "errors":
        failed = look("failed", ascii_only=ascii_only)
        return Content.styled(f"{failed.glyph} {count(row.errors, 'error')}", "$text-error")
    if row.read_only:
        return Content.styled("! read-only", "$text-warning")
    if row.state == "stale":
        return Content.styled("~ stale", "$text-warning")
    if row.warnings:
        return Content.styled(f"! {count(row.warnings, 'warning')}", "$text-warning")
    return Content.styled(f"{look('completed', ascii_only=ascii_only).glyph} ready", "$text-success")


def _last(row: WorkflowRow, now: datetime | None, ascii_only: bool) -> Content:
    last = row.stats.last
    if last is None or now is None:
        return Content.styled("never run", "$foreground-muted")
    shown = look(shown_status(last), ascii_only=ascii_only)
    when = shown.word if last.status == "running" else ago(last.started_at, now)
    return Content.assemble((shown.glyph, shown.color), " ", when)
