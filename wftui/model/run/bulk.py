"""An action on many runs: those that it concerns, and those that it leaves out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from wftui.model.run.record import TERMINAL
from wftui.model.run.summary import ExecutionSummary

BulkAction = Literal["rerun", "cancel", "export", "delete"]
_WORDS: dict[BulkAction, str] = {
    "rerun": "Start {} again, as new runs of the workflows as they are now",
    "cancel": "Cancel {}",
    "export": "Export {}, each to a file",
    "delete": "Permanently remove {} from the history",
}
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """Plan of an action on many runs.

    Attributes:
        left_out: runs that it does not concern, with the reason.
    """

    action: BulkAction
    runs: tuple[ExecutionSummary, ...]
    left_out: tuple[tuple[ExecutionSummary, str], ...]

    def preview(self) -> str:
        """Return the plan as text for a question."""
        number = f"{len(self.runs):,} run{'s' * (len(self.runs) != 1)}"
        lines = [f"{_WORDS[self.action].format(number)}?" if self.runs else "None of the runs qualifies:"]
        lines += [f"  {run.workflow_id} {run.id} {run.status}" for run in self.runs[:_SHOWN]]
        if len(self.runs) > _SHOWN:
            lines.append(f"  and {len(self.runs) - _SHOWN:,} more")
        reasons: dict[str, int] = {}
        for _, reason in self.left_out:
            reasons[reason] = reasons.get(reason, 0) + 1
        lines += [f"Left out: {number:,} {reason}" for reason, number in reasons.items()]
        return "\n".join(lines)


def plan_bulk(action: BulkAction, runs: Iterable[ExecutionSummary]) -> BulkPlan:
    """Return what an action on some runs would do."""
    chosen: list[ExecutionSummary] = []
    left_out: list[tuple[ExecutionSummary, str]] = []
    for run in runs:
        reason = _reason(action, run)
        if reason is None:
            chosen.append(run)
        else:
            left_out.append((run, reason))
    return BulkPlan(action, tuple(chosen), tuple(left_out))


def _reason(action: BulkAction, run: ExecutionSummary) -> str | None:
    """Return why an action does not concern a run; None: it does."""
    if action == "cancel" and run.status in TERMINAL:
        return "already ended"
    if action == "rerun" and run.parent_path is not None:
        return "started by a step of another run"
    if action in ("rerun", "delete") and run.status in ("pending", "running"):
        return "not ended yet"
    return None
