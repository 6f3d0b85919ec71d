"""Make the comparison of two runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from itertools import islice

from wftui.model.base import Json
from wftui.model.comparison.alignment import StepPair, align, definitions
from wftui.model.comparison.comparison import ComparedRun, ComparedStep, RunComparison, UsualTime
from wftui.model.comparison.first_difference import first_difference
from wftui.model.comparison.value_changes import ReadText, is_stored, value_changes
from wftui.model.run.paths import without_indices
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult

MOST_LOG_LINES = 2_000
"""Lines of a step's log that are compared, the newest."""
_DIFF_LINES = 200
_SLOWER = 1.5
_NOTICED_MS = 500.0
_ONLY_FIRST = "Of values over 1 MB, only the first difference is shown."


@dataclass(frozen=True, slots=True)
class ComparisonSide:
    """A run with all that is compared.

    Attributes:
        source: text of its workflow.json; empty if it is not stored.
        workflow: that text, parsed.
        logs: lines of log by the address of the step.
        items: labels of items by the address of the iteration.
        left_out: sentences on what of the run is not in it.
    """

    record: ExecutionRecord
    source: str = ""
    workflow: Json = None
    logs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    left_out: Sequence[str] = ()


def compare(
    before: ComparisonSide, after: ComparisonSide, usual: Mapping[str, UsualTime], read: ReadText | None = None
) -> RunComparison:
    """Return the comparison of two runs; it takes time for long logs.

    Args:
        usual: usual durations by the address of a step without indices.
        read: reads the texts of the stored values in the records.
    """
    was, now = definitions(before.workflow), definitions(after.workflow)
    pairs = align(before.record.step_results, after.record.step_results, was, now, (before.items, after.items))
    found = RunComparison(
        before=_run(before.record),
        after=_run(after.record),
        same=False,
        difference="",
        inputs=value_changes(before.record.inputs, after.record.inputs, read),
        definition=_diff(before.source.splitlines(), after.source.splitlines(), context=2),
        changed_steps=sorted(key for key in {*was, *now} if was.get(key) != now.get(key)),
        outputs=value_changes(before.record.outputs, after.record.outputs, read),
        left_out=list(dict.fromkeys([*before.left_out, *after.left_out])),
        steps=[_step(pair, before.logs, after.logs, usual, read) for pair in pairs],
    )
    values = [
        (before.record.inputs, after.record.inputs),
        (before.record.outputs, after.record.outputs),
        *(
            values
            for pair in pairs
            if pair.before is not None and pair.after is not None
            for values in ((pair.before.input, pair.after.input), (pair.before.output, pair.after.output))
        ),
    ]
    if any(one != other and (is_stored(one) or is_stored(other)) for one, other in values):
        found.left_out.append(_ONLY_FIRST)
    found.same, found.difference = first_difference(found, pairs)
    return found


def _run(record: ExecutionRecord) -> ComparedRun:
    return ComparedRun(
        id=record.id,
        workflow_id=record.workflow_id,
        status=record.status,
        started_at=record.started_at,
        duration=record.duration,
        error=record.error,
    )


def _step(
    pair: StepPair,
    logs_before: Mapping[str, Sequence[str]],
    logs_after: Mapping[str, Sequence[str]],
    usual: Mapping[str, UsualTime],
    read: ReadText | None,
) -> ComparedStep:
    before, after = pair.before, pair.after
    path = after.path if after is not None else before.path if before is not None else ""
    found = ComparedStep(path=path, relation=pair.relation, usual=usual.get(without_indices(path)))
    if before is not None:
        found.path_before = before.path if before.path != path else None
        found.status_before, found.duration_before = before.status, before.duration
        found.attempts_before, found.error_before = len(before.attempts), _error(before)
    if after is not None:
        found.status_after, found.duration_after = after.status, after.duration
        found.attempts_after, found.error_after = len(after.attempts), _error(after)
    if before is not None and after is not None:
        found.input = value_changes(before.input, after.input, read)
        found.output = value_changes(before.output, after.output, read)
        lines = [
            list(logs.get(step.path, ()))[-MOST_LOG_LINES:]
            for logs, step in ((logs_before, before), (logs_after, after))
        ]
        found.log = _diff(*lines, context=1)
    found.slower = _is_slower(found)
    return found


def _error(step: StepResult) -> str | None:
    return f"{step.error.type}: {step.error.message}" if step.error is not None else None


def _is_slower(step: ComparedStep) -> bool:
    if step.duration_after is None:
        return False
    expected = step.usual.p95 if step.usual is not None else step.duration_before
    if expected is None:
        return False
    return step.duration_after > expected * _SLOWER and step.duration_after - expected > _NOTICED_MS


def _diff(before: Sequence[str], after: Sequence[str], *, context: int) -> list[str]:
    """Return the unified diff of lines without its header."""
    if list(before) == list(after):
        return []
    lines = list(islice(unified_diff(before, after, n=context, lineterm=""), 2, _DIFF_LINES + 3))
    return [*lines[:_DIFF_LINES], "…"] if len(lines) > _DIFF_LINES else lines
