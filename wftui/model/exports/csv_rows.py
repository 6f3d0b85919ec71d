"""Runs of the history as CSV, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable

from wftui.model.base import format_timestamp
from wftui.model.run.summary import ExecutionSummary
from wftui.model.text.terminal_text import clean_text, without_colors

HEADER = (
    "id",
    "workflowId",
    "workflowVersion",
    "status",
    "userId",
    "startedAt",
    "completedAt",
    "duration",
    "errorType",
    "errorMessage",
    "parentId",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Beginnings of formulas, also in full width; spreadsheets skip a tab or line end in front."""


def csv_lines(runs: Iterable[ExecutionSummary], *, header: bool) -> str:
    """Return runs as CSV; times as in JSON, durations in milliseconds."""
    out = io.StringIO()
    writer = csv.writer(out)
    if header:
        writer.writerow(HEADER)
    for run in runs:
        error = run.error
        cells = (
            *(run.id, run.workflow_id, run.workflow_version, run.status, run.user_id),
            format_timestamp(run.started_at) if run.started_at else "",
            format_timestamp(run.completed_at) if run.completed_at else "",
            "" if run.duration is None else f"{run.duration:g}",
            error.type if error is not None else "",
            error.message if error is not None else "",
            run.parent_id or "",
        )
        writer.writerow([cell(text) for text in cells])
    return out.getvalue()


def cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    What terminals act on is removed first: it could hide the beginning of one.
    """
    text = without_colors(clean_text(text))
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text
