"""Actions on many runs: which they concern, and the question before."""

import pytest

from wftui.model.run.bulk import BulkAction, plan_bulk
from wftui.model.run.summary import ExecutionSummary


def run(number: int, status: str, *, child: bool = False) -> ExecutionSummary:
    return ExecutionSummary(
        id=f"r{number}",
        workflow_id="w",
        status=status,
        parent_path="call" if child else None,
    )


_GOING = "not ended yet"
RUNS = [
    *(run(number, status) for number, status in enumerate(["pending", "running", "completed", "interrupted"])),
    run(4, "failed", child=True),
]


@pytest.mark.parametrize(
    ("action", "chosen", "left_out"),
    [
        (
            "rerun",
            ["r2", "r3"],
            {"r0": "not ended yet", "r1": "not ended yet", "r4": "started by a step of another run"},
        ),
        ("cancel", ["r0", "r1", "r3"], {"r2": "already ended", "r4": "already ended"}),
        ("delete", ["r2", "r3", "r4"], {"r0": _GOING, "r1": _GOING}),
        ("export", ["r0", "r1", "r2", "r3", "r4"], {}),
    ],
)
def test_an_action_leaves_out_runs_that_it_does_not_concern(
    action: BulkAction, chosen: list[str], left_out: dict[str, str]
) -> None:
    plan = plan_bulk(action, RUNS)
    assert [each.id for each in plan.runs] == chosen
    assert {each.id: reason for each, reason in plan.left_out} == left_out


def test_the_question_names_some_runs_and_counts_the_others() -> None:
    ended = [run(number, "completed") for number in range(8)]
    lines = plan_bulk("delete", [*ended, RUNS[0], RUNS[1]]).preview().splitlines()
    assert lines[0] == "Permanently remove 8 runs from the history?"
    assert lines[1:] == [
        *(f"  w r{number} completed" for number in range(6)),
        "  and 2 more",
        "Left out: 2 not ended yet",
    ]
    assert plan_bulk("cancel", ended[:1]).preview().splitlines() == [
        "None of the runs qualifies:",
        "Left out: 1 already ended",
    ]
    assert plan_bulk("delete", ended[:6]).preview().splitlines()[-1] == "  w r5 completed"
    assert plan_bulk("delete", ended[:1]).preview().startswith("Permanently remove 1 run from")
