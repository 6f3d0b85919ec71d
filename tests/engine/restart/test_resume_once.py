"""Nothing is done twice: late resumes are refused, and begun steps are known."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE

from engine.engine_plans import PATIENT, Loaded, Open, Steps, Watch, constant, output_of, run, step, workflow
from wftui.engine.host.executor import WorkflowExecutor
from wftui.engine.restart.restart_plan import RepeatedWork
from wftui.engine.restart.resume import ConfirmationNeeded
from wftui.engine.restart.resume_decisions import plan_resume
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.errors import ConflictError
from wftui.model.run.events import Created, Interrupted, Resumed, Started
from wftui.model.run.record import ExecutionRequest
from wftui.model.run.reducer import new_record
from wftui.model.run.steps import Iterations, StepResult
from wftui.runtime.plan import ForEachPlan, WorkflowPlan, step_infos
from wftui.steps.api.step_type import StepContext
from wftui.store.execution_store import ExecutionStore
from wftui.store.transfer.transfer import export_run, import_run
from wftui.workbench import Settings, Workbench

RUN = "01k9x2m4q-7hd3f"
PLAN = workflow(step("a"))


async def interrupted_run(store: ExecutionStore) -> None:
    plan = await store.put_plan("{}", "")
    where: dict[str, Any] = {"run_id": RUN, "timestamp": utc_now()}
    begun = Created(workflow_id="test", plan=plan, user_id="", inputs={}, steps=step_infos(PLAN), **where)
    await store.append([begun, Started(**where), Interrupted(**where)], wait=True)
    await store.release(RUN)


def executor_of(store: ExecutionStore, plan: WorkflowPlan = PLAN) -> WorkflowExecutor:
    return WorkflowExecutor(
        store,
        Steps(),
        lambda _workflow: Loaded(plan),  # type: ignore[arg-type, return-value]  # a plan is all the engine looks at
        load_stored=lambda *_stored: Loaded(plan),  # type: ignore[arg-type]
        settings=PATIENT,
    )


async def types(store: ExecutionStore) -> list[str]:
    return [event.type for event in await store.events(RUN) if not event.type.startswith("step_")]


async def test_concurrent_resume_is_refused(tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "runs.db")
    executor = executor_of(store)
    await interrupted_run(store)
    outcomes = await asyncio.gather(executor.resume(RUN), executor.resume(RUN), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes if outcome is not None] == [
        f"run {RUN} is already running in this process"
    ]
    assert (await executor.wait(RUN)).status == "completed"
    assert await types(store) == ["created", "started", "interrupted", "resumed", "completed"]
    await executor.close()
    await store.close()


async def test_only_an_interrupted_run_of_this_history_is_resumed(tmp_path: Path) -> None:
    first = await ExecutionStore.open(tmp_path / "first.db")
    await interrupted_run(first)
    await export_run(first, RUN, tmp_path / "run.wfrun")
    await first.close()
    store = await ExecutionStore.open(tmp_path / "second.db")
    executor = executor_of(store)
    assert await import_run(store, tmp_path / "run.wfrun") == RUN
    going = f"{RUN}-going"
    where: dict[str, Any] = {"run_id": going, "timestamp": utc_now()}
    await store.append([Created(workflow_id="test", user_id="", inputs={}, **where), Started(**where)], wait=True)
    for run_id, code in ((RUN, "run.imported"), (going, "run.going")):
        with pytest.raises(ConflictError) as refused:
            await executor.resume(run_id)
        assert refused.value.code == code
    await executor.close()
    await store.close()


async def test_a_run_whose_process_has_just_died_is_resumed(tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "runs.db")
    where: dict[str, Any] = {"run_id": RUN, "timestamp": utc_now()}
    begun = Created(workflow_id="test", plan=await store.put_plan("{}", ""), user_id="", inputs={}, **where)
    await store.append([begun, Started(**where)], wait=True)
    await store.release(RUN)
    await store.claim(RUN, replace(store.owner, boot_id="another"))
    executor = executor_of(store)
    await executor.resume(RUN)
    assert (await executor.wait(RUN)).status == "completed"
    assert await types(store) == ["created", "started", "interrupted", "resumed", "completed"]
    await executor.close()
    await store.close()


async def test_only_work_whose_output_held_a_secret_needs_confirmation(tmp_path: Path) -> None:
    """Outputs that are computed again, and those of containers, need none."""

    async def secret(_input: dict[str, Json], context: StepContext) -> Json:
        context.keep_secret("hush-hush-hush")
        return "hush-hush-hush"

    plan = workflow(
        step("login", "secret"),
        step("text", after=("login",), input=lambda scope: {"text": scope.steps["login"].output}),
        step("each", "secret", for_each=ForEachPlan(items=constant([1]))),
        step("group", type="group", body=(step("inner", "secret"),)),
    )
    watch = Watch()
    assert (await run(plan, watch=watch, secret=secret)).status == "completed"
    store = await ExecutionStore.open(tmp_path / "runs.db")
    stored = [event.model_copy(update={"run_id": RUN, "seq": 0}) for event in watch.events[:-1]]
    stored[0] = stored[0].model_copy(update={"plan": await store.put_plan("{}", "")})
    await store.append([*stored, Interrupted(run_id=RUN, timestamp=utc_now())], wait=True)
    await store.release(RUN)
    executor = executor_of(store, plan)
    with pytest.raises(ConfirmationNeeded) as asked:
        await executor.resume(RUN)
    assert asked.value.paths == ["each[0]", "group.inner", "login"]
    await executor.close()
    await store.close()


async def test_run_resumed_by_another_process_is_left_alone(tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "runs.db")
    other = await ExecutionStore.open(tmp_path / "runs.db")
    await interrupted_run(store)
    loop = asyncio.get_running_loop()

    async def resume_and_die() -> None:
        where: dict[str, Any] = {"run_id": RUN, "timestamp": utc_now()}
        await other.claim(RUN)
        await other.append([Resumed(**where), Interrupted(**where)], wait=True)
        await other.release(RUN)

    def load_while_another_resumes(*_stored: str) -> Loaded:
        # The plan is loaded after the history was read, and before the run is claimed.
        asyncio.run_coroutine_threadsafe(resume_and_die(), loop).result(PATIENCE)
        return Loaded(PLAN)

    late = WorkflowExecutor(
        store,
        Steps(),
        lambda _workflow: Loaded(PLAN),  # type: ignore[arg-type, return-value]  # as above
        load_stored=load_while_another_resumes,  # type: ignore[arg-type]
    )
    with pytest.raises(ConflictError, match="was resumed by another process"):
        await late.resume(RUN)
    assert await types(store) == ["created", "started", "interrupted", "resumed", "interrupted"]
    second = executor_of(other)  # which it is free for
    await second.resume(RUN)
    assert (await second.wait(RUN)).status == "completed"
    for each in (late, second):
        await each.close()
    for each_store in (store, other):
        await each_store.close()


def test_all_work_that_would_be_repeated_is_named() -> None:
    asked = ConfirmationNeeded(RepeatedWork(interrupted=["pay"], masked=["login"], after_masked=["send"]))
    assert asked.paths == ["pay", "login", "send"]
    pay, login, send = str(asked).removesuffix("; confirm to repeat it").split("; ")
    assert pay.startswith("pay: running when the process died")
    assert login.startswith("login: completed, but the output held a secret")
    assert send == "send: completed, but runs again after a step whose output held a secret"


@pytest.mark.parametrize(
    ("step_type", "iterations", "end"),
    [
        ("http", Iterations(total=2), ": the iterations with one run again"),
        ("group", None, ": the steps inside with one run again"),
        ("template", None, ": derived again"),
        ("http", None, ": runs again if confirmed"),
    ],
)
def test_plan_of_a_resume_says_what_a_secret_repeats(step_type: str, iterations: Iterations | None, end: str) -> None:
    record = new_record("01k9x2m4q-7hd3f")
    result = StepResult(
        path="a",
        step_id="a",
        step_name="a",
        step_type=step_type,
        status="completed",
        masked=True,
        iterations=iterations,
    )
    record.step_results.append(result)
    (decision,) = plan_resume(record, workflow()).decisions
    assert (decision.action, decision.why) == ("run", f"its output held a secret, which is not stored{end}")


def test_plan_of_a_resume_names_what_may_not_run_twice() -> None:
    each = ForEachPlan(items=constant([1, 2]))
    plan = workflow(step("pay", "call", idempotent=False), step("mail", "call", idempotent=False, for_each=each))
    record = new_record("01k9x2m4q-7hd3f")
    record.status = "interrupted"
    for path, iterations in (("pay", None), ("mail", Iterations(total=2)), ("mail[1]", None)):
        id = path.partition("[")[0]
        record.step_results.append(
            StepResult(path=path, step_id=id, step_name=id, step_type="http", status="running", iterations=iterations)
        )
    pay, mail = plan_resume(record, plan).decisions
    assert pay.note == "was running when the process ended; runs again; not idempotent"
    assert mail.note.endswith("; repeats mail[1]")


async def test_only_an_interrupted_run_has_a_plan_of_a_resume(tmp_path: Path) -> None:
    folder = tmp_path / "workflows" / "w"
    folder.mkdir(parents=True)
    text = '{"format": 1, "id": "w", "steps": [{"id": "a", "type": "set", "input": {"v": 1}}]}'
    (folder / "workflow.json").write_text(text)
    bench = Workbench(Settings(tables=tmp_path, database=tmp_path / "runs.db", user_id="ada"))
    try:
        run_id = await bench.runs.start("w", {})
        await bench.runs.wait(run_id)
        with pytest.raises(ConflictError, match="has already ended") as refused:
            await bench.runs.plan_resume(run_id)
        assert refused.value.code == "run.ended"
    finally:
        await bench.close()


async def test_once_only_step_is_recorded_before_it_runs(open_executor: Open) -> None:
    other = await open_executor()

    async def newest(_input: dict[str, Json], context: StepContext) -> Json:
        """The newest event that another process sees while the step runs."""
        return (await anext(other.get_event_stream(context.run_id)))[-1].type

    plan = workflow(step("pay", "newest", idempotent=False), outputs={"seen": output_of("pay")})
    executor = await open_executor({"w": plan}, newest=newest)
    assert (await executor.execute(ExecutionRequest(workflow_id="w"))).outputs == {"seen": "step_started"}
