"""Available actions of a run, and the reasons for the others."""

import pytest

from wftui.model.run.actions import run_actions
from wftui.model.run.record import ExecutionRecord

ENDED, WAITS = "the run has not ended", "no step is waiting for approval"


@pytest.mark.parametrize(
    ("status", "enabled", "reasons"),
    [
        ("running", {"cancel"}, {"rerun": ENDED, "rerun_from_failed": ENDED, "approve": WAITS}),
        (
            "completed",
            {"rerun"},
            {"rerun_from_failed": "no step failed", "cancel": "the run is completed"},
        ),
        ("failed", {"rerun", "rerun_from_failed"}, {"resume": "the run was not interrupted"}),
    ],
)
def test_disabled_action_has_a_reason(status: str, enabled: set[str], reasons: dict[str, str]) -> None:
    actions = run_actions(ExecutionRecord.model_validate({"id": "r", "workflowId": "w", "status": status}))
    assert {action.id for action in actions if action.enabled} == enabled
    told: dict[str, str | None] = {action.id: action.reason for action in actions}
    assert {action: told[action] for action in reasons} == reasons
