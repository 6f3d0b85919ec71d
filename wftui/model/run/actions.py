"""The actions on a run, in one place for all frontends."""

from typing import Literal

from wftui.model.base import WireModel
from wftui.model.run.record import TERMINAL, ExecutionRecord

UNRESOLVED = "connection.unresolved"
"""Error type of a run with missing requirements; `details` lists them with steps and commands that provide them."""


ActionId = Literal["cancel", "approve", "reject", "rerun", "rerun_from_failed", "resume", "connect", "export", "delete"]


class RunAction(WireModel):
    """An action on a run; if it is disabled, `reason` is the reason."""

    id: ActionId
    label: str
    enabled: bool
    reason: str | None = None


def run_actions(record: ExecutionRecord) -> list[RunAction]:
    """Return the actions of a run in screen order, disabled ones with a reason."""
    ended = record.status in TERMINAL
    interrupted = record.status == "interrupted"
    waits = any(step.waiting and step.waiting.reason == "approval" for step in record.step_results)

    def action(id: ActionId, label: str, enabled: bool, reason: str) -> RunAction:
        return RunAction(id=id, label=label, enabled=enabled, reason=None if enabled else reason)

    no_question = "no step is waiting for approval"
    return [
        action("cancel", "Cancel", not ended, f"the run is {record.status}"),
        action("approve", "Approve", waits, no_question),
        action("reject", "Reject", waits, no_question),
        action("rerun", "Rerun", ended or interrupted, "the run has not ended"),
        action(
            "rerun_from_failed",
            "Rerun from the first failure",
            record.status in {"failed", "cancelled"},
            "the run has not ended" if not ended else "no step failed",
        ),
        action("connect", "Connect what is missing", _has_missing_requirements(record), "no connection was missing"),
        action(
            "resume",
            "Resume",
            interrupted and record.imported_from is None,
            "an imported run cannot be resumed; rerun it" if interrupted else "the run was not interrupted",
        ),
    ]


def _has_missing_requirements(record: ExecutionRecord) -> bool:
    return record.error is not None and record.error.type == UNRESOLVED
