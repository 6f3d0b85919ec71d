"""A run from its inputs to its outputs."""

import asyncio
from typing import Any

import pytest

from engine.engine_plans import Watch, begin, chain, constant, output_of, reasons, run, statuses, step, workflow
from wftui.model.base import Json
from wftui.model.run.events import StepFailed
from wftui.model.run.reducer import fold
from wftui.runtime.plan import ForEachPlan
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext


async def test_a_chain_runs_in_order_and_gives_its_outputs() -> None:
    plan = workflow(
        *chain(step("a"), step("b", input=lambda scope: {"seen": scope.steps["a"].output["value"]})),
        outputs={"last": output_of("b")},
    )
    watch = Watch()
    record = await run(plan, watch=watch)
    assert record.status == "completed"
    assert record.outputs == {"last": {"seen": "a"}}
    assert watch.types() == [
        *["created", "started", "step_started", "step_completed", "step_started", "step_completed", "completed"]
    ]
    assert fold(record.id, watch.events) == record
    assert [event.seq for event in watch.events] == list(range(1, 8))


def _raises(_scope: Scope) -> Json:
    raise WorkflowError("binding.type", "no number")


@pytest.mark.parametrize(
    "fields",
    [
        {"when": _raises},
        {"policy": _raises},
        {"input": _raises},
        {"for_each": ForEachPlan(items=_raises)},
        {"for_each": ForEachPlan(items=constant([1])), "input": _raises},
    ],
    ids=["when", "policy", "input", "items", "item"],
)
async def test_failure_before_the_step_counts_as_its_first_attempt(fields: dict[str, Any]) -> None:
    watch = Watch()
    handler = step("tidy", input=lambda scope: {"attempts": scope.steps["a"].attempts})
    record = await run(workflow(step("a", **fields), finally_=(handler,)), watch=watch)
    failed = [event for event in watch.events if isinstance(event, StepFailed) and event.path == "a"]
    assert [(event.attempt, event.error.message.endswith("no number")) for event in failed] == [(1, True)]
    assert record.error is not None
    assert record.error.attempt == 1
    tidy = record.step("tidy")
    assert tidy is not None
    assert tidy.output == {"attempts": 1}


async def test_independent_steps_run_side_by_side() -> None:
    both = asyncio.Barrier(2)

    async def meet(_input: dict[str, Json], _context: StepContext) -> Json:
        await both.wait()
        return {}

    record = await run(workflow(step("a", "meet"), step("b", "meet")), meet=meet)
    assert record.status == "completed"


async def test_max_parallel_bounds_the_steps_that_run_at_once() -> None:
    running = 0
    most = 0
    three = asyncio.Barrier(3)

    async def count(_input: dict[str, Json], _context: StepContext) -> Json:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await three.wait()
        running -= 1
        return None

    group = step("g", type="group", body=tuple(step(f"i{n}", "count") for n in range(10)))
    record = await run(workflow(group, *(step(f"s{n}", "count") for n in range(11)), max_parallel=3), count=count)
    assert record.status == "completed"
    assert most == 3


async def test_a_step_stopped_in_the_queue_frees_no_slot() -> None:
    done = asyncio.Event()
    running: list[str] = []

    async def hold(_input: dict[str, Json], _context: StepContext) -> Json:
        await done.wait()
        running.append("hold ended")
        return None

    async def queued(_input: dict[str, Json], context: StepContext) -> Json:
        running.append(context.path)
        return None

    group = step("g", type="group", timeout=0.01, on_error="continue", body=(step("inner", "queued"),))
    plan = workflow(step("hold", "hold"), group, step("late", "queued", after=("g",)), max_parallel=1)
    going = begin(plan, hold=hold, queued=queued)
    await going.watch.until("step_failed", "g")
    for _ in range(100):
        await asyncio.sleep(0)  # `late` would start
    done.set()
    assert (await going.end()).status == "completed"
    assert running == ["hold ended", "late"]


async def test_invalid_inputs_are_a_failed_run_with_a_sentence_per_field() -> None:
    schema = {
        "type": "object",
        "properties": {"count": {"type": "integer"}, "name": {"type": "string"}},
        "required": ["name"],
    }
    record = await run(workflow(step("a"), input_schema=schema), {"count": "many"})
    assert record.status == "failed"
    assert record.started_at is None
    assert record.error is not None
    assert record.error.type == "validation.inputs"
    assert {each["pointer"] for each in record.error.details["errors"]} == {"/count", "/name"}


async def test_error_names_three_invalid_inputs_and_details_all() -> None:
    schema = {"type": "object", "properties": {name: {"type": "integer"} for name in "abcde"}}
    record = await run(workflow(step("a"), input_schema=schema), dict.fromkeys("abcde", "x"))
    assert record.error is not None
    assert [each["pointer"] for each in record.error.details["errors"]] == ["/a", "/b", "/c", "/d", "/e"]
    assert "/c: " in record.error.message
    assert "/d" not in record.error.message
    assert record.error.message.endswith(" (and 2 more)")


async def test_no_step_runs_while_a_requirement_is_missing() -> None:
    ran: list[str] = []
    watch = Watch()

    async def work(_input: dict[str, Json], context: StepContext) -> Json:
        ran.append(context.run_id)
        return None

    needy = step("needy", input=lambda scope: {"value": scope.secrets["door"]}, secrets=("door",))
    record = await run(workflow(step("a", "work"), needy, finally_=(step("tidy", "work"),)), watch=watch, work=work)
    assert (record.status, watch.types(), ran) == ("failed", ["created", "failed"], [])
    assert record.error is not None
    assert record.error.type == "connection.unresolved"


async def test_first_attempt_is_numbered() -> None:
    record = await run(workflow(step("a"), outputs={"attempt": lambda scope: scope.run["attempt"]}))
    assert record.outputs == {"attempt": 1}


async def test_defaults_are_applied_and_null_is_not_absent() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": ["integer", "null"], "default": 1}, "b": {"default": 2}, "c": {}},
    }
    plan = workflow(
        step("s", input=lambda scope: dict(scope.inputs)), input_schema=schema, outputs={"s": output_of("s")}
    )
    record = await run(plan, {"a": None})
    assert record.outputs == {"s": {"a": None, "b": 2}}


async def test_first_failure_fails_the_run_after_independent_branches() -> None:
    after = (step("after", needs=("bad",)), step("later", needs=("after",)))
    plan = workflow(step("bad", "fail"), *chain(step("x"), step("y")), *after)
    record = await run(plan)
    assert record.status == "failed"
    assert record.error is not None
    assert (record.error.type, record.error.step_id, record.error.path) == ("broken", "bad", "bad")
    assert statuses(record) == {
        "bad": "failed",
        "x": "completed",
        "y": "completed",
        "after": "skipped",
        "later": "skipped",
    }
    assert reasons(record) == {"after": "needs bad, which failed", "later": "needs after, which was skipped"}


async def test_fail_fast_starts_nothing_new() -> None:
    plan = workflow(*chain(step("bad", "fail"), step("b", join="all_done")), fail_fast=True)
    record = await run(plan)
    assert reasons(record) == {"b": "cancelled"}


async def test_fail_fast_applies_inside_containers() -> None:
    failed = asyncio.Event()

    def bad(_input: dict[str, Json], _context: StepContext) -> Json:
        failed.set()
        raise WorkflowError("broken", "it broke")

    async def wait(_input: dict[str, Json], _context: StepContext) -> Json:
        await failed.wait()
        return None

    group = step("g", type="group", input=None, body=chain(step("x", "wait"), step("y")))
    record = await run(workflow(group, step("bad", "bad"), fail_fast=True), bad=bad, wait=wait)
    assert reasons(record) == {"g.y": "cancelled"}
    assert record.error is not None
    assert record.error.step_id == "bad"


async def test_on_error_continue_completes_with_null_and_a_warning() -> None:
    plan = workflow(
        *chain(step("bad", "fail", on_error="continue"), step("next", input=lambda s: {"was": s.steps["bad"].output})),
        outputs={"next": output_of("next")},
    )
    record = await run(plan)
    assert record.status == "completed"
    assert record.warnings == 1
    assert record.outputs == {"next": {"was": None}}
    bad = record.step("bad")
    assert bad is not None
    assert bad.status == "failed"
    assert bad.handled


async def test_a_fallback_is_the_output_of_a_failed_step() -> None:
    plan = workflow(step("bad", "fail", on_error="fallback", fallback={"n": 0}), outputs={"n": output_of("bad")})
    record = await run(plan)
    assert (record.status, record.outputs) == ("completed", {"n": {"n": 0}})


async def test_finally_runs_after_a_failure_and_sees_the_steps() -> None:
    seen: list[Any] = []

    def look(input: dict[str, Json], _context: StepContext) -> Json:
        seen.append(input["status"])
        return None

    def bind(scope: Scope) -> Json:
        return {"function": "look", "status": scope.steps["bad"].status}

    plan = workflow(step("bad", "fail"), finally_=(step("tidy", "look", input=bind),), fail_fast=True)
    record = await run(plan, look=look)
    assert record.status == "failed"
    assert seen == ["failed"]
    assert statuses(record)["tidy"] == "completed"


async def test_a_failure_in_finally_fails_the_run() -> None:
    record = await run(workflow(step("a"), finally_=(step("tidy", "fail"),)))
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.step_id == "tidy"


async def test_unavailable_output_fails_the_run() -> None:
    def missing(_scope: Scope) -> Json:
        raise WorkflowError("binding.missing", "there is no key x")

    record = await run(workflow(step("a"), outputs={"good": constant(1), "bad": missing}))
    assert record.status == "failed"
    assert record.error is not None
    assert (record.error.type, record.error.pointer) == ("binding.missing", "/outputs/bad")
    assert record.outputs == {"good": 1, "bad": None}


async def test_empty_run_completes() -> None:
    assert (await run(workflow())).status == "completed"


async def test_run_timeout_ends_steps_and_fails_the_run() -> None:
    async def forever(_input: dict[str, Json], _context: StepContext) -> Json:
        await asyncio.Event().wait()

    plan = workflow(*chain(step("a", "forever"), step("b")), timeout=0.01, finally_=(step("tidy"),))
    record = await run(plan, forever=forever)
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.type == "timeout"
    assert statuses(record) == {"a": "cancelled", "b": "skipped", "tidy": "completed"}


async def test_secret_inputs_never_reach_an_event() -> None:
    schema = {
        "type": "object",
        "properties": {"password": {"type": "string", "writeOnly": True}, "pin": {"type": "integer"}},
    }

    def tell(input: dict[str, Json], context: StepContext) -> Json:
        context.log(f"the password is {input['password']}")
        context.progress(0.5, input["password"])
        if input["again"]:
            raise WorkflowError("told", input["password"], details={"said": [input["password"]]})
        return {input["password"]: input["password"]}

    def bind(again: bool) -> Any:
        return lambda s: {"function": "tell", "password": s.inputs["password"], "again": again}

    plan = workflow(
        step("a", "tell", input=bind(False)),
        step("b", "tell", input=bind(True)),
        input_schema=schema,
        secret_inputs=("/password", "/pin"),
    )
    watch = Watch()
    await run(plan, {"password": "hunter2-and-more", "pin": 424242}, watch=watch, tell=tell)
    text = "".join(event.to_json() for event in watch.events)
    assert "hunter2" not in text
    assert '"pin":"***"' in text


async def test_cancelled_run_executes_finally() -> None:
    async def forever(_input: dict[str, Json], _context: StepContext) -> Json:
        await asyncio.Event().wait()

    going = begin(workflow(*chain(step("a", "forever"), step("b")), finally_=(step("tidy"),)), forever=forever)
    await going.watch.until("step_started", "a")
    await going.run.cancel("me")
    record = await going.end()
    assert record.status == "cancelled"
    assert record.cancel_requested
    assert statuses(record) == {"a": "cancelled", "b": "skipped", "tidy": "completed"}
    assert reasons(record) == {"b": "cancelled"}


async def test_plan_without_host_runs_no_sub_workflow() -> None:
    record = await run(workflow(step("other", type="workflow", input=constant({"workflow": "elsewhere"}))))
    assert [each.error.type for each in record.step_results if each.error is not None] == ["workflow.unavailable"]
