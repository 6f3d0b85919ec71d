"""Reused steps of an earlier run, as events of a rerun."""

from typing import Any

from model.run.run_events import RUN, START, created, numbered

from wftui.engine.restart.seed_results import seed_results
from wftui.model.run.events import ExecutionEvent, StepCaught, StepCompleted, StepFailed, StepStarted, StepWon
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import fold
from wftui.model.run.steps import ExecutionError

BOOM = ExecutionError(type="disk.full", message="volume 1 is full")


def where(path: str) -> dict[str, Any]:
    return {"run_id": RUN, "timestamp": START, "step_id": path, "path": path}


def begun(path: str, kind: str) -> StepStarted:
    return StepStarted(step_name=path, step_type=kind, **where(path))


def reused(*events: ExecutionEvent) -> tuple[ExecutionRecord, ExecutionRecord]:
    """Return a run with these events, and one that begins with its steps."""
    before = fold(RUN, numbered(created(), *events))
    carried = seed_results(before, [step.path for step in before.step_results], RUN, START)
    copies = [event for copied in carried.copies.values() for event in copied]
    return before, fold(RUN, numbered(created(), *copies))


def test_a_caught_error_is_the_same_in_the_rerun() -> None:
    caught = StepCaught(attempt=1, error=BOOM, clause=1, **where("a"))
    end = StepFailed(error=BOOM, handled=True, output={"saved": True}, **where("a"))
    for record in reused(begun("a", "shell"), caught, end):
        step = record.step("a")
        assert step is not None
        assert (step.status, step.handled, step.caught, step.output) == ("failed", True, 1, {"saved": True})
        assert step.error is not None
        assert step.error.message == BOOM.message


def test_the_branch_that_won_is_the_same_in_the_rerun() -> None:
    won = StepWon(branch="mirror", **where("r"))
    before, after = reused(begun("r", "race"), won, StepCompleted(output=1, duration=5.0, **where("r")))
    assert [step.won for step in before.step_results] == [step.won for step in after.step_results] == ["mirror"]
