"""Effects inside sub-workflows: plans name them, and what was open is confirmed."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from helpers import patience

from engine.engine_plans import Open, chain, constant, step, workflow
from wftui.engine.restart.inner_effects import InnerEffects
from wftui.engine.restart.restart_plan import StepDecision, repetition
from wftui.engine.restart.resume import ConfirmationNeeded
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.run.events import (
    Completed,
    Created,
    ExecutionEvent,
    Interrupted,
    Started,
    StepCompleted,
    StepStarted,
    StepWaiting,
)
from wftui.model.run.record import ExecutionRequest
from wftui.model.run.steps import Waiting
from wftui.model.run.summary import ExecutionSummary
from wftui.runtime.plan import ForEachPlan, StepPlan, WorkflowPlan
from wftui.steps.api.step_type import StepContext
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.reader import Reader
from wftui.workbench import Settings, Workbench

PARENT, CHILD, GRANDCHILD = "01k9x2m4q-7hd3f", "01k9x2m4r-8je4g", "01k9x2m4s-9kf5h"


async def call(_input: dict[str, Json], _context: StepContext) -> Json:
    return "done"


def calling(step_id: str, workflow_id: str, **rest: Any) -> StepPlan:
    return step(step_id, type="workflow", input=constant({"workflow": workflow_id}), **rest)


def pays() -> WorkflowPlan:
    items = step("mails", "call", idempotent=False, for_each=ForEachPlan(items=constant([1, 2])))
    return workflow(*chain(step("pay", "call", idempotent=False), items, step("look", "call")), id="pays")


def named(decisions: list[StepDecision]) -> dict[str, tuple[str, ...]]:
    return {each.path: each.effects for each in decisions if each.action == "run"}


async def test_a_plan_names_the_effects_in_sub_workflows(open_executor: Open) -> None:
    deploys = workflow(calling("d", "pays"), id="deploys")
    each = calling("each", "pays", for_each=ForEachPlan(items=constant([1, 2])))
    plan = workflow(*chain(calling("kept", "pays"), calling("deep", "deploys"), each))
    executor = await open_executor({"test": plan, "deploys": deploys, "pays": pays()}, call=call)
    record = await executor.execute(ExecutionRequest(workflow_id="test"))
    assert record.status == "completed"
    first = (await executor.plan_restart(record.id, from_step="deep")).decisions
    inside = ("pay", "mails[0]", "mails[1]")
    deep = tuple(f"deep > d > {name}" for name in inside)
    items = {f"each[{index}] > {name}" for index in (0, 1) for name in inside}
    assert named(first)["deep"] == deep
    assert set(named(first)["each"]) == items
    assert "deep > d > pay" in next(sentence for sentence in repetition(first) if sentence.startswith("Not idempotent"))
    kept = await executor.rerun(record.id, from_step="each")
    assert (await executor.wait(kept)).status == "completed"
    second = (await executor.plan_restart(kept, from_step="deep")).decisions
    assert named(second)["deep"] == deep, "in the children of the run that it was kept from"


async def test_ended_sub_workflows_are_read_together(
    open_executor: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    count = 40
    each = calling("each", "pays", for_each=ForEachPlan(items=constant(list(range(count)))))
    executor = await open_executor({"test": workflow(each), "pays": pays()}, call=call)
    record = await executor.execute(ExecutionRequest(workflow_id="test"))
    reads: list[str] = []
    get, page = ExecutionStore.get, ExecutionStore.list

    async def counted_get(store: ExecutionStore, run_id: str, **options: Any) -> Any:
        reads.append(run_id)
        return await get(store, run_id, **options)

    async def counted_page(store: ExecutionStore, *arguments: Any, **options: Any) -> Any:
        reads.append("page")
        return await page(store, *arguments, **options)

    monkeypatch.setattr(ExecutionStore, "get", counted_get)
    monkeypatch.setattr(ExecutionStore, "list", counted_page)
    found = named((await executor.plan_restart(record.id, from_step="each")).decisions)["each"]
    assert len(found) == 3 * count
    assert len(reads) < 5


async def test_steps_that_may_be_repeated_are_not_read(open_executor: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    look = step("look", "call", for_each=ForEachPlan(items=constant(list(range(30)))))
    pays = workflow(*chain(look, step("pay", "call", idempotent=False)), id="pays")
    executor = await open_executor({"test": workflow(calling("call", "pays")), "pays": pays}, call=call)
    record = await executor.execute(ExecutionRequest(workflow_id="test"))
    held: list[int] = []
    rows = Reader.rows

    async def counted(reader: Reader, *arguments: Any) -> Any:
        found = await rows(reader, *arguments)
        held.append(sum("look[" in str(row) for row in found))
        return found

    monkeypatch.setattr(Reader, "rows", counted)
    decisions = (await executor.plan_restart(record.id, from_step="call")).decisions
    assert named(decisions)["call"] == ("call > pay",)
    assert max(held) == 0


async def test_a_plan_ignores_sub_workflows_that_may_be_repeated(open_executor: Open) -> None:
    harmless = workflow(step("look", "call"), id="pays")
    executor = await open_executor({"test": workflow(calling("a", "pays")), "pays": harmless}, call=call)
    record = await executor.execute(ExecutionRequest(workflow_id="test"))
    assert named((await executor.plan_restart(record.id, from_step="a")).decisions) == {"a": ()}


@pytest.mark.parametrize("earlier", [[PARENT], [CHILD, PARENT]], ids=["itself", "another"])
async def test_runs_that_name_each_other_as_earlier_ones_are_read_once(tmp_path: Path, earlier: list[str]) -> None:
    """As runs from files may do."""
    store = await ExecutionStore.open(tmp_path / "runs.db")
    for run_id, other in zip((PARENT, CHILD), earlier, strict=False):
        of: dict[str, Any] = {"run_id": run_id, "timestamp": utc_now()}
        kept = StepCompleted(step_id="a", path="a", output=1, duration=0, kept_from=other, **of)
        created = Created(workflow_id="test", user_id="ada", parent_id=other, **of)
        await store.append([created, Started(**of), kept, Completed(duration=0, **of)], wait=True)
    record = await store.get(PARENT)
    assert record is not None
    assert record.step_results[0].kept_from

    async def plan_of(_child: ExecutionSummary) -> WorkflowPlan:
        return pays()

    async with patience():
        assert await InnerEffects(store, plan_of).repeated(record, lambda _path: True) == []
    await store.close()


@pytest.fixture
async def killed(tmp_path: Path) -> AsyncIterator[Workbench]:
    """A workbench with a run whose process died in a payment two sub-workflows below."""
    sources: dict[str, list[dict[str, Json]]] = {
        "parent": [{"id": "a", "type": "workflow", "input": {"workflow": "deploys"}}],
        "deploys": [{"id": "d", "type": "workflow", "input": {"workflow": "pays"}}],
        "pays": [{"id": "pay", "type": "shell", "idempotent": False, "input": {"script": "true"}}],
    }
    texts = {}
    for name, steps in sources.items():
        folder = tmp_path / "workflows" / name
        folder.mkdir(parents=True)
        texts[name] = json.dumps({"format": 1, "id": name, "steps": steps})
        (folder / "workflow.json").write_text(texts[name])
    store = await ExecutionStore.open(tmp_path / "runs.db")

    async def left(run_id: str, name: str, child: str | None, **started_by: Any) -> None:
        of: dict[str, Any] = {"run_id": run_id, "timestamp": utc_now()}
        at: dict[str, Any] = {**of, "step_id": sources[name][0]["id"], "path": sources[name][0]["id"]}
        plan = await store.put_plan(texts[name], "")
        events: list[ExecutionEvent] = [
            Created(workflow_id=name, plan=plan, user_id="ada", inputs={}, steps=[], **started_by, **of),
            Started(**of),
            StepStarted(step_name="a", step_type=str(sources[name][0]["type"]), attempt=1, **at),
        ]
        if child is not None:
            events.append(StepWaiting(waiting=Waiting(reason="child", child_id=child), **at))
        await store.append([*events, Interrupted(**of)], wait=True)
        await store.release(run_id)

    await left(PARENT, "parent", CHILD)
    await left(CHILD, "deploys", GRANDCHILD, parent_id=PARENT, parent_path="a")
    await left(GRANDCHILD, "pays", None, parent_id=CHILD, parent_path="d")
    await store.close()
    bench = Workbench(Settings(tables=tmp_path, database=tmp_path / "runs.db", user_id="ada"))
    yield bench
    await bench.close()


async def test_a_plan_of_a_resume_names_what_was_open_below(killed: Workbench) -> None:
    (decision,) = await killed.runs.plan_resume(PARENT)
    assert (decision.action, decision.effects) == ("run", ("a > d > pay",))
    with pytest.raises(ConfirmationNeeded) as asked:
        await killed.runs.resume(PARENT, {})
    assert asked.value.paths == ["a > d > pay"], "the same as the resume asks for"


async def test_a_rerun_confirms_what_was_open_below(killed: Workbench) -> None:
    with pytest.raises(ConfirmationNeeded) as asked:
        await killed.runs.rerun(PARENT, {}, reuse=True)
    assert asked.value.paths == ["a > d > pay"]
    run_id = await killed.runs.rerun(PARENT, {}, reuse=True, confirmed=True)
    assert (await killed.runs.wait(run_id)).status == "completed"
