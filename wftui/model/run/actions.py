"""What may be done to a run, in one place for all faces."""

from typing import Literal

from wftui.model.base import WireModel
from wftui.model.run.record import TERMINAL, ExecutionRecord

UNRESOLVED = "connection.unresolved"
"""Type of the error of a run that lacks something; its `details` list what, for whom, and the command that helps."""


class RunAction(WireModel):
    """Something that may be done to a run; when it may not, `reason` says why."""

    id: Literal["cancel", "approve", "reject", "rerun", "rerun_from_failed", "resume", "connect", "export", "delete"]
    label: str
    enabled: bool
    reason: str | None = None


def run_actions(record: ExecutionRecord) -> list[RunAction]:
    """The actions of a run in the order screens show them, disabled ones with their reason."""
    ended = record.status in TERMINAL
    interrupted = record.status == "interrupted"
    asks = any(step.waiting and step.waiting.reason == "approval" for step in record.step_results)

    def action(id: str, label: str, enabled: bool, reason: str) -> RunAction:
        return RunAction.model_validate(
            {"id": id, "label": label, "enabled": enabled, "reason": None if enabled else reason}
        )

    no_question = "no step waits for an approval"
    return [
        action("cancel", "Cancel", not ended, f"the run is {record.status}"),
        action("approve", "Approve", asks, no_question),
        action("reject", "Reject", asks, no_question),
        action("rerun", "Run again", ended or interrupted, "the run is still going"),
        action(
            "rerun_from_failed",
            "Run again from what failed",
            record.status in {"failed", "cancelled"},
            "the run is still going" if not ended else "nothing in it failed",
        ),
        action("connect", "Connect what is missing", _lacks(record), "the run lacked nothing that could be connected"),
        action("resume", "Go on", interrupted, "the run was not interrupted"),
    ]


def _lacks(record: ExecutionRecord) -> bool:
    return record.error is not None and record.error.type == UNRESOLVED
