"""Sub-workflow steps: waiting or not, versions, and depth."""

import asyncio
from typing import Any

import pytest
from helpers import patience

from engine.engine_plans import Open, constant, output_of, step, workflow
from wftui.engine.host.executor import WorkflowExecutor
from wftui.model.base import Json
from wftui.model.errors import NotFoundError
from wftui.model.run.record import ExecutionRequest
from wftui.runtime.plan import WorkflowPlan
from wftui.steps.api.step_type import StepContext

REQUEST = ExecutionRequest(workflow_id="w", user_id="me")
HASH, OTHER = (f"sha256:{digit * 64}" for digit in "ab")


def calls(child: str, **more: Json) -> WorkflowPlan:
    sub = step("sub", type="workflow", input=constant({"workflow": child, **more}))
    return workflow(sub, outputs={"sub": output_of("sub")})


async def started(executor: WorkflowExecutor) -> str:
    """Run `w` and return the id of the run that its step has started."""
    record = await executor.execute(REQUEST)
    assert record.status == "completed", record.error
    outputs: Any = record.outputs
    assert outputs["sub"].keys() == {"executionId"}
    return str(outputs["sub"]["executionId"])


async def test_a_child_that_is_not_waited_for_outlives_its_parent(open_executor: Open) -> None:
    gate = asyncio.Event()

    async def until_open(_input: dict[str, Json], _context: StepContext) -> Json:
        await gate.wait()
        return None

    slow = workflow(step("a", "until_open"), outputs={"a": output_of("a")})
    executor = await open_executor({"w": calls("slow", wait=False), "slow": slow}, until_open=until_open)
    async with patience():
        child_id = await started(executor)
        assert executor.running() == [child_id]
        gate.set()
        child = await executor.wait(child_id)
    assert (child.status, child.parent_path) == ("completed", "sub")


async def test_a_cancel_of_the_parent_leaves_it(open_executor: Open) -> None:
    gate, left = asyncio.Event(), asyncio.Event()

    async def until_open(_input: dict[str, Json], _context: StepContext) -> Json:
        await gate.wait()
        return None

    async def forever(_input: dict[str, Json], _context: StepContext) -> Json:
        left.set()
        await asyncio.Event().wait()

    start = step("sub", type="workflow", input=constant({"workflow": "slow", "wait": False}))
    parent = workflow(start, step("hold", "forever", needs=("sub",)))
    plans = {"w": parent, "slow": workflow(step("a", "until_open"))}
    executor = await open_executor(plans, until_open=until_open, forever=forever)
    async with patience():
        run_id = await executor.start(REQUEST)
        await left.wait()
        [child_id] = [each for each in executor.running() if each != run_id]
        await executor.cancel(run_id)
        assert (await executor.wait(run_id)).status == "cancelled"
        gate.set()
        assert (await executor.wait(child_id)).status == "completed"


async def test_its_failure_is_not_that_of_the_parent(open_executor: Open) -> None:
    executor = await open_executor({"w": calls("bad", wait=False), "bad": workflow(step("a", "fail"))})
    assert (await executor.wait(await started(executor))).status == "failed"


@pytest.mark.parametrize(
    ("expected", "fails"),
    [
        ({"version": "1.2.0"}, False),
        ({"version": "1.3.0"}, True),
        ({"hash": HASH}, False),
        ({"hash": OTHER}, True),
        ({"version": "1.2.0", "hash": OTHER}, True),
    ],
)
@pytest.mark.parametrize("wait", [True, False])
async def test_another_version_fails_before_anything_is_recorded(
    open_executor: Open, expected: dict[str, Json], fails: bool, wait: bool
) -> None:
    child = workflow(step("a"), version="1.2.0", source_hash=HASH, id="child")
    executor = await open_executor({"w": calls("child", wait=wait, **expected), "child": child})
    record = await executor.execute(REQUEST)
    if fails:
        assert record.error is not None
        assert record.error.type == "workflow.version"
        details: Any = record.error.details
        assert details.keys() == {"expected", "found"}
        assert executor.running() == []
    else:
        assert record.status == "completed", record.error


@pytest.mark.parametrize("deepest", [1, 3, 25])
async def test_recursion_ends_at_its_own_limit(open_executor: Open, deepest: int) -> None:
    runs = 0

    async def count(_input: dict[str, Json], _context: StepContext) -> Json:
        nonlocal runs
        runs += 1
        return None

    again = step("sub", type="workflow", input=constant({"workflow": "w", "maxDepth": deepest}), needs=("a",))
    executor = await open_executor({"w": workflow(step("a", "count"), again)}, count=count)
    record = await executor.execute(REQUEST)
    assert record.error is not None
    assert (record.error.type, runs) == ("workflow.depth", deepest)
    assert f"more than {deepest} deep" in record.error.message


@pytest.mark.parametrize("by_other", [False, True], ids=["here", "another process"])
async def test_a_cancel_of_the_parent_ends_a_child_that_waits_for_an_approval(
    open_executor: Open, by_other: bool
) -> None:
    child = workflow(step("ok", type="approval", input=constant({"prompt": "?"})), id="child")
    plans = {"w": calls("child"), "child": child}
    executor, other = await open_executor(plans), await open_executor(plans)
    async with patience():
        run_id = await executor.start(REQUEST)
        while len(executor.running()) < 2:
            await asyncio.sleep(0.005)
        [child_id] = [each for each in executor.running() if each != run_id]
        async for batch in executor.get_event_stream(child_id):
            if any(event.type == "step_waiting" for event in batch):
                break
        await (other if by_other else executor).cancel(run_id)
        ended = [await other.wait(each) for each in (run_id, child_id)]
    assert [record.status for record in ended] == ["cancelled", "cancelled"]
    assert all(step.waiting is None for record in ended for step in record.step_results)
    with pytest.raises(NotFoundError, match="is not waiting for approval"):
        await other.answer(child_id, "ok", approved=True)
