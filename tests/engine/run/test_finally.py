"""`run.status` and `run.error` in the steps of `finally`."""

from typing import Any

import pytest

from engine.engine_plans import Watch, begin, output_of, run, step, workflow
from wftui.model.base import Json
from wftui.model.run.record import ExecutionRecord
from wftui.runtime.plan import StepPlan, WorkflowPlan
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext


def fails(_input: dict[str, Json], _context: StepContext) -> Json:
    raise WorkflowError("stock.empty", "Nothing is left.", details={"article": "A-17"})


def ending(first: StepPlan, **fields: Any) -> WorkflowPlan:
    told = step("told", input=lambda scope: {"status": scope.run["status"], "error": scope.run["error"]})
    return workflow(first, outputs={"told": output_of("told")}, finally_=(told,), **fields)


def told(record: ExecutionRecord) -> tuple[str, Any]:
    return record.outputs["told"]["status"], record.outputs["told"]["error"]


async def test_completed_run() -> None:
    assert told(await run(ending(step("a")))) == ("completed", None)


async def test_failed_run() -> None:
    status, error = told(await run(ending(step("a", "fails")), fails=fails))
    assert (status, error["type"], error["stepId"]) == ("failed", "stock.empty", "a")
    assert error["details"] == {"article": "A-17"}


@pytest.mark.parametrize("on_error", ["continue", "fallback"])
async def test_handled_failure(on_error: str) -> None:
    assert told(await run(ending(step("a", "fails", on_error=on_error)), fails=fails)) == ("completed", None)


async def test_a_run_out_of_time() -> None:
    wait = step("a", type="delay", input=lambda _scope: {"for": 3600})
    status, error = told(await run(ending(wait, timeout=0.05)))
    assert (status, error["type"]) == ("failed", "timeout")


async def test_cancelled_run() -> None:
    wait = step("a", type="delay", input=lambda _scope: {"for": 3600})
    going = begin(ending(wait))
    watch: Watch = going.watch
    await watch.until("step_waiting")
    await going.run.cancel("me")
    await going.end()
    (last,) = [event for event in watch.events if event.type == "step_completed" and event.path == "told"]
    assert last.to_wire()["output"] == {"status": "cancelled", "error": None}
