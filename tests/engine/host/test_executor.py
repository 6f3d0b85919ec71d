"""The executor over a real database: records, cancels, and a second program."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE, patience

from engine.engine_plans import PATIENT, Loaded, Open, Steps, chain, constant, output_of, statuses, step, workflow
from wftui.compiler.compiler import WorkflowCompiler
from wftui.engine.host.executor import WorkflowExecutor
from wftui.engine.host.local_runs import UnrecordedError
from wftui.model.base import Json
from wftui.model.errors import ConflictError, NotFoundError, UsageError
from wftui.model.run.events import ExecutionEvent, StepWaiting
from wftui.model.run.record import ExecutionRequest
from wftui.model.run.reducer import fold
from wftui.runtime.plan import RetryPlan, WorkflowPlan
from wftui.steps.api.step_type import StepContext
from wftui.steps.registry.step_registry import builtin_registry
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.store_errors import RunExistsError, StoreError
from wftui.workspace.files import Workspace


async def seen(executor: WorkflowExecutor, run_id: str, type_: str, path: str | None = None) -> ExecutionEvent:
    """The first event of that type (and path) of a run."""
    async with patience():
        async for batch in executor.get_event_stream(run_id):
            for event in batch:
                if event.type == type_ and path in (None, getattr(event, "path", None)):
                    return event
    raise AssertionError(f"no event {type_}")


async def forever(_input: dict[str, Json], _context: StepContext) -> Json:
    await asyncio.Event().wait()


def approval(attempts: int = 1, **fields: Json) -> WorkflowPlan:
    retry = RetryPlan(max_attempts=attempts, delay=0.0)
    ask = step("ok", type="approval", input=constant({"prompt": "Go on?", **fields}), retry=retry)
    return workflow(ask, outputs={"answer": output_of("ok")})


REQUEST = ExecutionRequest(workflow_id="w", user_id="me")


async def test_record_is_the_fold_of_the_events(open_executor: Open) -> None:
    executor = await open_executor({"w": workflow(*chain(step("a"), step("b")), outputs={"b": output_of("b")})})
    record = await executor.execute(REQUEST)
    assert (record.status, record.outputs, record.user_id) == ("completed", {"b": {"value": "b"}}, "me")
    events = [event async for batch in executor.get_event_stream(record.id) for event in batch]
    assert fold(record.id, events) == record
    assert executor.running() == []


async def test_id_taken_by_another_process_is_replaced(open_executor: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = workflow(step("a"))
    plans = {"w": plan, plan.id: plan}
    executor, other = await open_executor(plans), await open_executor(plans)
    taken = await other.start(REQUEST)
    ids = iter([taken, "01k9x2m4q-00001", taken, "01k9x2m4q-00002", taken, taken, taken])
    monkeypatch.setattr("wftui.engine.host.executor.new_id", lambda _clock: next(ids))
    record = await executor.execute(REQUEST)
    assert (record.id, record.status) == ("01k9x2m4q-00001", "completed")
    again = await executor.wait(await executor.rerun(record.id))
    assert (again.id, statuses(again)) == ("01k9x2m4q-00002", {"a": "completed"})
    assert again.step_results[0].kept_from == record.id
    with pytest.raises(RunExistsError, match="already exists"):
        await executor.start(REQUEST)
    assert (await other.wait(taken)).status == "completed"


async def test_a_big_output_reaches_the_next_step_whole(open_executor: Open) -> None:
    text = "x" * 300_000
    measure = step("n", input=lambda scope: {"n": len(scope.steps["big"].output["text"])})
    plan = workflow(*chain(step("big", input=constant({"text": text})), measure), outputs={"n": output_of("n")})
    executor = await open_executor({"w": plan})
    assert (await executor.execute(REQUEST)).outputs == {"n": {"n": 300_000}}


async def test_cancel_from_another_program(open_executor: Open) -> None:
    executor = await open_executor({"w": workflow(step("a", "forever"), finally_=(step("tidy"),))}, forever=forever)
    other = await open_executor()
    run_id = await executor.start(REQUEST)
    assert executor.running() == [run_id]
    await seen(other, run_id, "step_started", "a")
    await other.cancel(run_id, by="them")
    record = await other.wait(run_id)
    assert record.status == "cancelled"
    assert statuses(record) == {"a": "cancelled", "tidy": "completed"}


async def test_ended_run_cannot_be_cancelled(open_executor: Open) -> None:
    executor = await open_executor({"w": workflow(step("a"))})
    record = await executor.execute(REQUEST)
    with pytest.raises(ConflictError, match="already ended"):
        await executor.cancel(record.id)
    with pytest.raises(NotFoundError):
        await executor.cancel("01k9x2m4q-7hd3f")


async def test_approval_is_answered_by_this_and_another_process(open_executor: Open) -> None:
    form = {"type": "object", "properties": {"keep": {"type": "integer"}, "why": {"default": "-"}}}
    executor = await open_executor({"w": approval(form=form)})
    other = await open_executor()
    for asked in (executor, other):
        run_id = await executor.start(REQUEST)
        waiting = await seen(asked, run_id, "step_waiting", "ok")
        assert isinstance(waiting, StepWaiting)
        assert (waiting.waiting.reason, waiting.waiting.prompt) == ("approval", "Go on?")
        with pytest.raises(UsageError, match="/keep"):
            await asked.answer(run_id, "ok", approved=True, data={"keep": "many"}, by="you")
        with pytest.raises(NotFoundError):
            await asked.answer(run_id, "other", approved=True)
        await asked.answer(run_id, "ok", approved=True, data={"keep": 3}, by="you")
        record = await asked.wait(run_id)
        answer = record.outputs["answer"]
        assert (answer["approved"], answer["by"], answer["data"]) == (True, "you", {"keep": 3, "why": "-"})


async def test_only_approvals_of_another_program_are_answered(open_executor: Open) -> None:
    plan = workflow(step("a"), step("nap", type="delay", input=constant({"for": "1h"})))
    executor, other = await open_executor({"w": plan}), await open_executor()
    run_id = await executor.start(REQUEST)
    await seen(other, run_id, "step_waiting", "nap")
    for path in ("a", "nap"):
        with pytest.raises(NotFoundError, match=f"step {path} .* is not waiting for approval"):
            await other.answer(run_id, path, approved=True)
    await other.cancel(run_id)
    assert (await other.wait(run_id)).status == "cancelled"


async def test_later_of_two_answers_is_refused(open_executor: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wftui.engine.host.other_processes._HEARD_SECONDS", PATIENCE)
    answers = approval(onReject="continue")
    executor, here, there = await open_executor({"w": answers}), await open_executor(), await open_executor()
    run_id = await executor.start(REQUEST)
    await seen(executor, run_id, "step_waiting")
    told = await asyncio.gather(
        here.answer(run_id, "ok", approved=True, by="ann"),
        there.answer(run_id, "ok", approved=False, by="bob"),
        return_exceptions=True,
    )
    answer = (await executor.wait(run_id)).outputs["answer"]
    assert [each is None for each in told] == [answer["approved"], not answer["approved"]]
    (late,) = [each for each in told if each is not None]
    done = "approved by ann" if answer["approved"] else "rejected by bob"
    assert isinstance(late, ConflictError)
    assert f"was already {done}" in str(late)
    for asked in (executor, there):
        with pytest.raises(ConflictError, match=f"was already {done}"):
            await asked.answer(run_id, "ok", approved=True, by="eve")


@pytest.mark.parametrize(("on_timeout", "approved"), [("reject", False), ("approve", True)])
async def test_the_timeout_of_an_approval_answers_it(open_executor: Open, on_timeout: str, approved: bool) -> None:
    executor = await open_executor({"w": approval(timeout=0.01, onTimeout=on_timeout, onReject="continue")})
    answer = (await executor.execute(REQUEST)).outputs["answer"]
    assert (answer["approved"], answer["by"]) == (approved, "timeout")


async def test_the_timeout_of_an_approval_may_fail_it(open_executor: Open) -> None:
    executor = await open_executor({"w": approval(timeout=0.01, onTimeout="fail")})
    record = await executor.execute(REQUEST)
    assert record.error is not None
    assert record.error.type == "timeout"


async def test_a_rejection_fails_its_step_and_is_never_retried(open_executor: Open) -> None:
    executor = await open_executor({"w": approval(attempts=3)})
    run_id = await executor.start(REQUEST)
    waiting = await seen(executor, run_id, "step_waiting")
    assert isinstance(waiting, StepWaiting)
    assert waiting.waiting.rejection_effect == "the step fails with approval.rejected"
    await executor.answer(run_id, "ok", approved=False, by="bob")
    record = await executor.wait(run_id)
    assert (record.status, record.outputs["answer"]) == ("failed", None)
    assert record.error is not None
    assert (record.error.type, record.error.message, record.error.attempt) == (
        "approval.rejected",
        "rejected by bob",
        1,
    )


async def test_approval_timeout_is_a_rejection(open_executor: Open) -> None:
    executor = await open_executor({"w": approval(timeout=0.01)})
    record = await executor.execute(REQUEST)
    assert record.error is not None
    assert (record.error.type, record.error.message) == ("approval.rejected", "nobody answered in time")


def calls(child: str, **inputs: Json) -> WorkflowPlan:
    sub = step("sub", type="workflow", input=constant({"workflow": child, "inputs": inputs}))
    return workflow(sub, outputs={"sub": output_of("sub")})


async def test_sub_workflow_is_a_run_linked_to_its_parent(open_executor: Open) -> None:
    child = workflow(step("a", input=lambda scope: {"n": scope.inputs["n"] + 1}), outputs={"a": output_of("a")}, id="c")
    executor = await open_executor({"w": calls("child", n=1), "child": child})
    record = await executor.execute(REQUEST)
    assert record.outputs == {"sub": {"a": {"n": 2}}}
    waiting = await seen(executor, record.id, "step_waiting", "sub")
    assert isinstance(waiting, StepWaiting)
    assert waiting.waiting.child_id is not None
    linked = await executor.wait(waiting.waiting.child_id)
    assert (linked.parent_id, linked.parent_path, linked.status) == (record.id, "sub", "completed")


async def test_cancel_reaches_the_child_and_failure_the_parent(open_executor: Open) -> None:
    plans = {"w": calls("slow"), "slow": workflow(step("a", "forever")), "bad": workflow(step("a", "fail"))}
    executor = await open_executor({**plans, "w2": calls("bad")}, forever=forever)
    run_id = await executor.start(REQUEST)
    waiting = await seen(executor, run_id, "step_waiting", "sub")
    assert isinstance(waiting, StepWaiting)
    assert waiting.waiting.child_id is not None
    await executor.cancel(run_id)
    assert (await executor.wait(run_id)).status == "cancelled"
    assert (await executor.wait(waiting.waiting.child_id)).status == "cancelled"

    record = await executor.execute(ExecutionRequest(workflow_id="w2"))
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.type == "broken"
    assert "it broke" in record.error.message


@pytest.mark.parametrize("value", [float("nan"), {1: "a"}, {"a", "b"}], ids=["no number", "no text as key", "a set"])
async def test_non_json_inputs_are_refused_without_a_record(open_executor: Open, tmp_path: Path, value: Any) -> None:
    executor = await open_executor({"w": workflow(step("a"))})
    with pytest.raises(UsageError) as caught:
        await executor.start(ExecutionRequest(workflow_id="w", inputs={"x": value}))
    assert caught.value.code == "validation.inputs"
    store = await ExecutionStore.open(tmp_path / "runs.db")
    assert (await store.list()).executions == []
    await store.close()


async def test_a_cancelled_parent_ends_after_its_child(open_executor: Open) -> None:
    async def tidies(_input: dict[str, Json], _context: StepContext) -> Json:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.1)

    executor = await open_executor({"w": calls("slow"), "slow": workflow(step("a", "tidies"))}, tidies=tidies)
    run_id = await executor.start(REQUEST)
    waiting = await seen(executor, run_id, "step_waiting", "sub")
    assert isinstance(waiting, StepWaiting)
    assert waiting.waiting.child_id is not None
    await seen(executor, waiting.waiting.child_id, "step_started", "a")
    await executor.cancel(run_id)
    parent = await executor.wait(run_id)
    child = await executor.wait(waiting.waiting.child_id)
    assert (parent.status, child.status) == ("cancelled", "cancelled")
    assert parent.completed_at is not None
    assert child.completed_at is not None
    assert child.completed_at <= parent.completed_at


async def test_self_calling_workflow_is_stopped(open_executor: Open) -> None:
    executor = await open_executor({"w": calls("w")})
    record = await executor.execute(REQUEST)
    assert record.error is not None
    assert record.error.type == "workflow.depth"


async def test_closing_waits_for_runs_or_cancels_them(open_executor: Open) -> None:
    go = asyncio.Event()

    async def wait(_input: dict[str, Json], _context: StepContext) -> Json:
        await go.wait()

    executor = await open_executor({"w": workflow(step("a", "wait"))}, wait=wait)
    first = await executor.start(REQUEST)
    closing = asyncio.create_task(executor.close())
    await seen(executor, first, "step_started")
    assert not closing.done()
    go.set()
    await closing
    assert (await executor.wait(first)).status == "completed"

    go.clear()
    second = await executor.start(REQUEST)
    await executor.close(cancel=True)
    assert (await executor.wait(second)).status == "cancelled"


async def test_storage_failure_ends_the_run_with_a_reason(tmp_path: Path) -> None:
    begun = asyncio.Event()
    stopped = asyncio.Event()

    async def wait(_input: dict[str, Json], _context: StepContext) -> Json:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async def speak(_input: dict[str, Json], _context: StepContext) -> Json:
        await begun.wait()
        await store.close()
        return None

    store = await ExecutionStore.open(tmp_path / "lost.db")
    plan = workflow(step("a", "wait"), step("b", "speak"))
    load: Any = lambda _workflow_id: Loaded(plan)  # noqa: E731
    executor = WorkflowExecutor(store, Steps(wait=wait, speak=speak), load, settings=PATIENT)
    run_id = await executor.start(REQUEST)
    with pytest.raises(UnrecordedError, match="closed"):
        await executor.wait(run_id)
    await stopped.wait()
    assert executor.running() == []
    await executor.close()


async def test_a_quiet_run_ends_when_its_database_is_gone(tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "runs.db")
    load: Any = lambda _workflow_id: Loaded(workflow(step("a", "forever")))  # noqa: E731
    executor = WorkflowExecutor(store, Steps(forever=forever), load, settings=PATIENT)
    run_id = await executor.start(REQUEST)
    await seen(executor, run_id, "step_started", "a")
    (tmp_path / "runs.db").rename(tmp_path / "elsewhere.db")
    gone = "was deleted, moved or replaced while it was in use"
    async with patience():
        with pytest.raises(UnrecordedError, match=gone):
            await executor.wait(run_id)
    assert executor.running() == []
    await executor.close()
    with pytest.raises(StoreError, match=gone):
        await store.close()


async def test_an_error_of_a_binding_names_its_place_in_the_file(open_executor: Open, tmp_path: Path) -> None:
    source = {
        "format": 1,
        "id": "w",
        "inputSchema": {"type": "object", "properties": {"a": {"type": "object"}}},
        "steps": [{"id": "one", "type": "set", "input": {"x": 1, "value": "{{ inputs.a.missing }}"}}],
    }
    (tmp_path / "workflows" / "w").mkdir(parents=True)
    (tmp_path / "workflows" / "w" / "workflow.json").write_text(json.dumps(source, indent=2))
    compiler = WorkflowCompiler(Workspace(tmp_path), builtin_registry())
    executor = await open_executor({"w": compiler.load("w").plan})
    record = await executor.execute(ExecutionRequest(workflow_id="w", inputs={"a": {"b": 1}}))
    assert record.error is not None
    assert (record.error.type, record.error.step_id, record.error.path) == ("binding.missing", "one", "one")
    assert record.error.pointer == "/steps/0/input/value"
    line = json.dumps(source, indent=2).splitlines()[(record.error.line or 0) - 1]
    assert line[(record.error.column or 0) - 1 :].startswith("inputs.a.missing")


async def test_sub_workflow_start_failure_fails_its_step(open_executor: Open) -> None:
    async def call(_input: dict[str, Json], context: StepContext) -> Json:
        return await context.run_workflow("inner", {"key": "short"})

    plans = {"w": workflow(step("a", "call")), "inner": workflow(step("b"), id="inner", secret_inputs=("/key",))}
    executor = await open_executor(plans, call=call)
    record = await executor.execute(REQUEST)
    assert record.error is not None
    assert record.error.type == "workflow.invalid"
    assert record.error.message.startswith("workflow inner cannot run: ")
    assert "at least 6 characters" in record.error.message
