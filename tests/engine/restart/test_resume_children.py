"""The sub-workflow of a killed run: adopted by the same call only, else ended."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.engine_plans import PATIENT, Loaded, Steps, constant, output_of, step, workflow
from wftui.engine.host.executor import WorkflowExecutor
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.run.events import Created, ExecutionEvent, Interrupted, Started, StepStarted, StepWaiting
from wftui.model.run.steps import Waiting
from wftui.runtime.plan import WorkflowPlan, step_infos
from wftui.steps.api.step_type import StepContext
from wftui.store.execution_store import ExecutionStore

PARENT, EARLIER = "01k9x2m4q-7hd3f", "01k9x2m4r-8je4g"
KEY = "a-secret-key"
CHILD = workflow(
    step("a"),
    id="child",
    input_schema={"type": "object", "properties": {"n": {}, "key": {"writeOnly": True}, "more": {"default": 1}}},
    secret_inputs=("/key",),
)


async def calls(input: dict[str, Json], context: StepContext) -> Json:
    """As a language model, which may want to do something else the second time."""
    for inputs in input["calls"]:
        await context.run_workflow("child", inputs)
    return None


def calls_of(workflow_id: str) -> WorkflowPlan:
    return workflow(step("a", type="workflow", input=constant({"workflow": workflow_id})))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ExecutionStore]:
    store = await ExecutionStore.open(tmp_path / "runs.db")
    yield store
    await store.close()


async def interrupted(
    store: ExecutionStore, run_id: str, plan: WorkflowPlan, inputs: dict[str, Json], *events: ExecutionEvent
) -> None:
    at: dict[str, Any] = {"run_id": run_id, "timestamp": utc_now()}
    stored = await store.put_plan("{}", "")
    begun = Created(workflow_id=plan.id, plan=stored, user_id="", inputs=inputs, steps=step_infos(plan), **at)
    await store.append([begun, Started(**at), *events, Interrupted(**at)], wait=True)
    await store.release(run_id)


async def left_behind(store: ExecutionStore, *calls_now: dict[str, Json]) -> WorkflowExecutor:
    """An executor with a run that called `child` with n = 2, which makes other calls."""
    plan = workflow(step("a", "calls", input=lambda _scope: {"function": "calls", "calls": list(calls_now)}))
    of: dict[str, Any] = {"run_id": PARENT, "timestamp": utc_now(), "step_id": "a", "path": "a"}
    began = StepStarted(step_name="a", step_type="call", attempt=1, **of)
    await interrupted(store, EARLIER, CHILD, {"n": 2, "key": "***", "more": 1})
    await interrupted(
        store, PARENT, plan, {}, began, StepWaiting(waiting=Waiting(reason="child", child_id=EARLIER), **of)
    )
    plans = {"test": Loaded(plan), "child": Loaded(CHILD)}
    load: Any = lambda workflow_id, *_stored: plans[workflow_id]  # noqa: E731
    return WorkflowExecutor(store, Steps(calls=calls), load, load_stored=load, settings=PATIENT)


async def children(store: ExecutionStore) -> dict[str, str]:
    runs = (await store.list()).executions
    return {("earlier" if run.id == EARLIER else "new"): run.status for run in runs if run.workflow_id == "child"}


@pytest.mark.parametrize(
    ("numbers", "ended"),
    [
        ([2], {"earlier": "completed"}),
        ([1, 2], {"new": "completed", "earlier": "completed"}),
        ([3], {"new": "completed", "earlier": "cancelled"}),
    ],
    ids=["the same call", "the same call, after another", "another call"],
)
async def test_call_resumes_its_child_run(store: ExecutionStore, numbers: list[int], ended: dict[str, str]) -> None:
    executor = await left_behind(store, *({"n": number, "key": KEY} for number in numbers))
    await executor.resume(PARENT)
    assert (await executor.wait(PARENT)).status == "completed"
    assert await children(store) == ended
    waits = [each.waiting.child_id for each in await store.events(PARENT) if isinstance(each, StepWaiting)]
    assert len(waits) == 1 + len(numbers)
    assert waits.count(EARLIER) == 1 + numbers.count(2)  # again after the resume: the next one must find it too
    await executor.close()


async def test_resumed_child_keeps_its_depth(store: ExecutionStore) -> None:
    call_child = workflow(step("a", type="workflow", input=constant({"workflow": "child"})), id="call_child")
    plans = {"test": Loaded(calls_of("call_child")), "call_child": Loaded(call_child), "child": Loaded(CHILD)}
    of: dict[str, Any] = {"run_id": PARENT, "timestamp": utc_now(), "step_id": "a", "path": "a"}
    await interrupted(store, EARLIER, call_child, {})
    began = StepStarted(step_name="a", step_type="workflow", attempt=1, **of)
    waiting = StepWaiting(waiting=Waiting(reason="child", child_id=EARLIER), **of)
    await interrupted(store, PARENT, plans["test"].plan, {}, began, waiting)
    load: Any = lambda workflow_id, *_stored: plans[workflow_id]  # noqa: E731
    settings = replace(PATIENT, max_depth=2)
    executor = WorkflowExecutor(store, Steps(), load, load_stored=load, settings=settings)
    await executor.resume(PARENT)
    assert (await executor.wait(PARENT)).status == "failed"
    earlier = await executor.wait(EARLIER)
    assert earlier.error is not None
    assert earlier.error.type == "workflow.depth"
    await executor.close()


async def test_it_is_given_up_with_its_parent(store: ExecutionStore) -> None:
    executor = await left_behind(store)
    await executor.cancel(PARENT)
    assert await children(store) == {"earlier": "cancelled"}
    await executor.close()


@pytest.mark.parametrize("status", ["interrupted", "completed"])
async def test_a_child_that_is_not_waited_for_is_started_once(store: ExecutionStore, status: str) -> None:
    """Also where the process died between its start and the end of the step."""
    call = {"workflow": "child", "wait": False, "inputs": {"n": 2, "key": KEY}}
    plan = workflow(step("a", type="workflow", input=constant(call)), outputs={"a": output_of("a")})
    of: dict[str, Any] = {"run_id": PARENT, "timestamp": utc_now(), "step_id": "a", "path": "a"}
    await interrupted(store, EARLIER, CHILD, {"n": 2, "key": "***", "more": 1})
    began = StepStarted(step_name="a", step_type="workflow", attempt=1, **of)
    waiting = StepWaiting(waiting=Waiting(reason="start", child_id=EARLIER), **of)
    await interrupted(store, PARENT, plan, {}, began, waiting)
    plans = {"test": Loaded(plan), "child": Loaded(CHILD)}
    load: Any = lambda workflow_id, *_stored: plans[workflow_id]  # noqa: E731
    executor = WorkflowExecutor(store, Steps(), load, load_stored=load, settings=PATIENT)
    if status == "completed":
        await executor.resume(EARLIER, {"key": KEY})
        await executor.wait(EARLIER)
    await executor.resume(PARENT)
    record = await executor.wait(PARENT)
    assert (record.status, record.outputs) == ("completed", {"a": {"executionId": EARLIER}})
    assert (await executor.wait(EARLIER)).status == "completed"
    assert await children(store) == {"earlier": "completed"}
    await executor.close()


async def test_it_is_left_when_its_interrupted_parent_is_cancelled(store: ExecutionStore) -> None:
    plan = calls_of("child")
    of: dict[str, Any] = {"run_id": PARENT, "timestamp": utc_now(), "step_id": "a", "path": "a"}
    await interrupted(store, EARLIER, CHILD, {"n": 2, "key": "***", "more": 1})
    began = StepStarted(step_name="a", step_type="workflow", attempt=1, **of)
    await interrupted(
        store, PARENT, plan, {}, began, StepWaiting(waiting=Waiting(reason="start", child_id=EARLIER), **of)
    )
    load: Any = lambda *_any: Loaded(plan)  # noqa: E731
    executor = WorkflowExecutor(store, Steps(), load, load_stored=load, settings=PATIENT)
    await executor.cancel(PARENT)
    assert await children(store) == {"earlier": "interrupted"}
    await executor.close()
