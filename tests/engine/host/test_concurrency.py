"""Concurrency groups: one run of a group at a time, across processes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from helpers import patience

from engine.engine_plans import Open, constant, step, workflow
from wftui.engine.host.executor import WorkflowExecutor
from wftui.model.base import Json
from wftui.model.run.events import Queued
from wftui.model.run.record import ExecutionRecord, ExecutionRequest
from wftui.runtime.plan import Bind, ConcurrencyPlan, WorkflowPlan
from wftui.runtime.scope import Scope
from wftui.steps.api.step_type import StepContext

GROUP = constant("g")
Opened = Callable[[dict[str, WorkflowPlan]], Awaitable[WorkflowExecutor]]


class Gate:
    """Step that waits for the gate of its run, and records which runs overlap."""

    def __init__(self) -> None:
        self.working: set[str] = set()
        self.most = 0
        self.order: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}

    async def work(self, _input: dict[str, Json], context: StepContext) -> Json:
        self.working.add(context.run_id)
        self.order.append(context.run_id)
        self.most = max(self.most, len(self.working))
        try:
            await self.gates.setdefault(context.run_id, asyncio.Event()).wait()
        finally:
            self.working.discard(context.run_id)
        return None

    def open(self, run_id: str) -> None:
        self.gates.setdefault(run_id, asyncio.Event()).set()


def limited(on_busy: str = "queue", group: Bind = GROUP, id: str = "w") -> WorkflowPlan:
    plan = workflow(step("a", "work"), finally_=(step("z", "tidy"),), id=id)
    return replace(plan, concurrency=ConcurrencyPlan(group, on_busy))


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def opened(open_executor: Open, gate: Gate) -> Opened:
    async def tidy(_input: dict[str, Json], _context: StepContext) -> Json:
        return None

    async def opened(plans: dict[str, WorkflowPlan]) -> WorkflowExecutor:
        return await open_executor(plans, work=gate.work, tidy=tidy)

    return opened


async def start(executor: WorkflowExecutor, workflow_id: str = "w", **inputs: Json) -> str:
    return await executor.start(ExecutionRequest(workflow_id=workflow_id, user_id="me", inputs=inputs))


async def places(executor: WorkflowExecutor, run_id: str, last: int) -> list[int]:
    """Return the places of a run up to that one."""
    found: list[int] = []
    async with patience():
        async for batch in executor.get_event_stream(run_id):
            found += [event.place for event in batch if isinstance(event, Queued)]
            if last in found:
                return found
    raise AssertionError(f"the run ended at {found}")


async def started(gate: Gate, run_id: str) -> None:
    async with patience():
        while run_id not in gate.working:
            await asyncio.sleep(0.005)


async def ended(executor: WorkflowExecutor, run_id: str) -> ExecutionRecord:
    async with patience():
        return await executor.wait(run_id)


async def test_runs_of_a_group_take_turns_in_order(opened: Opened, gate: Gate) -> None:
    """Those of other executors and of other workflows, too."""
    plans = {"w": limited(), "other": limited(id="other")}
    executors = [await opened(plans), await opened(plans)]
    runs = []
    for number in range(4):
        runs.append(await start(executors[number % 2], "w" if number < 3 else "other"))
        await (started(gate, runs[0]) if number == 0 else places(executors[number % 2], runs[number], number))
    record = await executors[0]._record(runs[3])
    assert record.status == "pending"
    assert record.queued is not None
    assert record.queued.why == f"waiting for run {runs[0]} and 2 more of group g"
    for number, run_id in enumerate(runs):
        gate.open(run_id)
        assert (await ended(executors[number % 2], run_id)).status == "completed"
    assert (gate.order, gate.most) == (runs, 1)
    assert await places(executors[1], runs[3], 0) in ([3, 2, 1, 0], [3, 2, 0], [3, 1, 0], [3, 0])


async def test_other_groups_and_none_run_at_once(opened: Opened, gate: Gate) -> None:
    plan = limited(group=lambda scope: scope.inputs["g"])
    executor = await opened({"w": plan})
    runs = [await start(executor, g=group) for group in ("a", "b", None, None)]
    for run_id in runs:
        await started(gate, run_id)
    assert gate.most == 4
    for run_id in runs:
        gate.open(run_id)


async def test_skip_ends_with_a_reason_and_holds_nothing(opened: Opened, gate: Gate) -> None:
    executor = await opened({"w": limited("skip")})
    first = await start(executor)
    await started(gate, first)
    for _ in range(2):
        record = await ended(executor, await start(executor))
        assert record.status == "cancelled"
        assert record.error is not None
        assert record.error.type == "concurrency.busy"
        assert first in record.error.message
        assert all(step.status == "pending" for step in record.step_results)
    gate.open(first)
    assert (await ended(executor, first)).status == "completed"
    last = await start(executor)
    gate.open(last)
    assert (await ended(executor, last)).status == "completed"


async def test_cancel_running_waits_for_finally(opened: Opened, gate: Gate) -> None:
    executor = await opened({"w": limited("cancelRunning")})
    first = await start(executor)
    await started(gate, first)
    second = await start(executor)
    await started(gate, second)
    earlier = await ended(executor, first)
    tidied = earlier.step("z")
    assert earlier.status == "cancelled"
    assert tidied is not None
    assert tidied.status == "completed"
    assert gate.most == 1
    gate.open(second)
    assert (await ended(executor, second)).status == "completed"


async def test_cancelled_in_the_queue_runs_nothing_and_gives_way(opened: Opened, gate: Gate) -> None:
    executor = await opened({"w": limited()})
    runs = [await start(executor)]
    await started(gate, runs[0])
    for place in (1, 2):
        runs.append(await start(executor))
        await places(executor, runs[-1], place)
    await executor.cancel(runs[1])
    record = await ended(executor, runs[1])
    assert (record.status, record.error, record.queued) == ("cancelled", None, None)
    assert all(step.status == "pending" for step in record.step_results)
    gate.open(runs[0])
    gate.open(runs[2])
    assert (await ended(executor, runs[2])).status == "completed"
    assert gate.order == [runs[0], runs[2]]


async def test_cancelled_in_the_queue_by_another_process(opened: Opened, gate: Gate) -> None:
    holder, owner, other = [await opened({"w": limited()}) for _ in range(3)]
    runs = [await start(holder)]
    await started(gate, runs[0])
    for place in (1, 2):
        runs.append(await start(owner))
        await places(owner, runs[-1], place)
    await other.cancel(runs[1])
    record = await ended(other, runs[1])
    assert (record.status, record.queued) == ("cancelled", None)
    await places(other, runs[2], 1)
    for run_id in (runs[0], runs[2]):
        gate.open(run_id)
        assert (await ended(other, run_id)).status == "completed"
    assert gate.order == [runs[0], runs[2]]


async def test_a_run_that_waits_for_this_one_never_blocks_it(opened: Opened, gate: Gate) -> None:
    """Nor do those that are in the queue behind it."""
    sub = step("sub", type="workflow", input=lambda scope: {"workflow": "w", "wait": scope.inputs["wait"]})
    parent = replace(workflow(sub, id="parent"), concurrency=ConcurrencyPlan(constant("g")))
    executor = await opened({"w": limited(), "parent": parent})
    run_id = await start(executor, "parent", wait=True)
    async with patience():
        while not gate.working:
            await asyncio.sleep(0.005)
    behind = await start(executor)
    await places(executor, behind, 2)
    [child] = gate.working
    gate.open(child)
    assert (await ended(executor, run_id)).status == "completed"
    gate.open(behind)
    assert (await ended(executor, behind)).status == "completed"

    run_id = await start(executor, "parent", wait=False)
    assert (await ended(executor, run_id)).status == "completed", "a child that is not waited for queues as any other"


@pytest.mark.parametrize("value", [1, "", "x" * 201, ["g"], True])
async def test_an_invalid_group_name_fails_the_run(opened: Opened, value: Json) -> None:
    executor = await opened({"w": limited(group=constant(value))})
    record = await ended(executor, await start(executor))
    assert record.error is not None
    assert (record.status, record.error.type, record.error.pointer) == (
        "failed",
        "concurrency.group",
        "/concurrency/group",
    )


async def test_a_group_never_holds_a_secret(opened: Opened) -> None:
    def group(scope: Scope) -> Json:
        return f"host-{scope.inputs['key']}"

    plan = replace(
        limited(group=group),
        input_schema={"type": "object", "properties": {"key": {"type": "string", "writeOnly": True}}},
        secret_inputs=("/key",),
    )
    executor = await opened({"w": plan})
    record = await ended(executor, await start(executor, key="tok-91c4-secret"))
    assert record.error is not None
    assert record.error.type == "concurrency.group"
    assert "91c4" not in record.error.message
