"""Groups, switches, loops and forEach."""

import asyncio
from typing import Any

import pytest

from engine.engine_plans import Watch, begin, chain, constant, output_of, reasons, run, statuses, step, workflow
from wftui.model.base import Json
from wftui.model.run.events import Created, IterationStarted
from wftui.model.run.reducer import fold
from wftui.runtime.plan import Bind, CasePlan, ForEachPlan, LoopPlan, RetryPlan, StepPlan
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext


def group(id: str, *steps: StepPlan, **fields: Any) -> StepPlan:
    return step(id, type="group", body=chain(*steps), input=None, **fields)


def switch(id: str, *cases: tuple[Bind | None, tuple[StepPlan, ...]], **fields: Any) -> StepPlan:
    plans = tuple(CasePlan(when=when, steps=steps) for when, steps in cases)
    return step(id, type="switch", cases=plans, input=None, **fields)


def loop(id: str, *steps: StepPlan, until: Bind, most: int = 5, **fields: Any) -> StepPlan:
    plan = LoopPlan(until=until, max_iterations=most, delay=0)
    return step(id, type="loop", body=chain(*steps), loop=plan, input=None, **fields)


def item_of(name: str = "item") -> Bind:
    return lambda scope: {"item": scope.locals[name], "index": scope.locals["index"]}


def each(items: Json, **fields: Any) -> ForEachPlan:
    return ForEachPlan(items=constant(items), **fields)


async def test_group_output_is_its_last_step_and_inner_steps_are_private() -> None:
    seen: list[set[str]] = []

    def look(scope: Scope) -> Json:
        seen.append(set(scope.steps))
        return {}

    plan = workflow(
        *chain(step("a"), group("g", step("x"), step("y", input=look), step("z")), step("b", input=look)),
        outputs={"g": output_of("g")},
    )
    record = await run(plan)
    assert record.outputs == {"g": {"value": "z"}}
    assert seen == [{"a", "x"}, {"a", "g"}]
    assert statuses(record)["g.y"] == "completed"


async def test_a_run_begins_with_all_steps_inside_of_containers() -> None:
    inner = switch("s", (None, (step("z"),)))
    watch = Watch()
    await run(workflow(group("g", step("x"), inner), finally_=(group("tidy", step("y")),)), watch=watch)
    created = watch.events[0]
    assert isinstance(created, Created)
    assert [each.path for each in created.steps] == ["g", "g.x", "g.s", "g.s.z", "tidy", "tidy.y"]
    assert [each.parent for each in created.steps] == [None, "g", "g", "g.s", None, "tidy"]


async def test_inner_failure_fails_the_container_and_can_be_handled() -> None:
    plan = workflow(group("g", step("x", "fail"), step("y"), on_error="continue"), step("b", needs=("g",)))
    record = await run(plan)
    assert (record.status, record.warnings) == ("completed", 1)
    assert statuses(record) == {"g": "failed", "g.x": "failed", "g.y": "skipped", "b": "completed"}
    g = record.step("g")
    assert g is not None
    assert g.error is not None
    assert g.error.path == "g.x"


async def test_a_container_is_retried_whole() -> None:
    calls = 0

    def once(_input: dict[str, Json], _context: StepContext) -> Json:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise WorkflowError("flaky", "once")
        return calls

    record = await run(workflow(group("g", step("x", "once"), retry=RetryPlan(max_attempts=2, delay=0))), once=once)
    assert record.status == "completed"
    assert calls == 2


async def test_container_timeout_ends_inner_steps() -> None:
    async def forever(_input: dict[str, Json], _context: StepContext) -> Json:
        await asyncio.Event().wait()

    plan = workflow(group("g", step("x", "forever"), step("y"), timeout=0.01, on_error="continue"), step("b"))
    record = await run(plan, forever=forever)
    assert record.status == "completed"
    assert statuses(record) == {"g": "failed", "g.x": "cancelled", "g.y": "skipped", "b": "completed"}
    g = record.step("g")
    assert g is not None
    assert g.error is not None
    assert g.error.type == "timeout"


async def test_switch_takes_the_first_true_case() -> None:
    plan = workflow(
        switch(
            "s",
            (constant(False), (step("a"),)),
            (constant(True), chain(step("b"), step("c"))),
            (constant(True), (group("d", step("e")),)),
            (None, (step("f"),)),
        ),
        outputs={"s": output_of("s")},
    )
    record = await run(plan)
    assert record.outputs == {"s": {"value": "c"}}
    assert reasons(record) == dict.fromkeys(("s.a", "s.d", "s.d.e", "s.f"), "branch not taken")


@pytest.mark.parametrize(("default", "output"), [((step("f"),), {"value": "f"}), (None, None)])
async def test_a_switch_without_a_true_case(default: tuple[StepPlan, ...] | None, output: Json) -> None:
    cases: list[tuple[Bind | None, tuple[StepPlan, ...]]] = [(constant(False), (step("a"),))]
    if default is not None:
        cases.append((None, default))
    record = await run(workflow(switch("s", *cases), outputs={"s": output_of("s")}))
    assert (record.status, record.outputs) == ("completed", {"s": output})


async def test_skipped_container_skips_inner_steps_with_its_reason() -> None:
    plan = workflow(switch("s", (constant(True), (group("g", step("x")),)), when=constant(False)))
    assert reasons(await run(plan)) == dict.fromkeys(("s", "s.g", "s.g.x"), "when is false")


async def test_failing_condition_leaves_no_inner_step_pending() -> None:
    for broken in (
        group("s", step("x"), when=constant("yes")),
        switch("s", (constant(1), (step("x"),))),
    ):
        record = await run(workflow(broken))
        assert statuses(record) == {"s": "failed", "s.x": "skipped"}
        assert reasons(record) == {"s.x": "needs s, which failed"}


async def test_loop_ends_at_until_with_the_last_output() -> None:
    check = step("check", input=lambda scope: {"n": scope.locals["index"]})
    plan = workflow(
        loop("poll", check, until=lambda scope: scope.steps["check"].output["n"] == 2), outputs={"o": output_of("poll")}
    )
    watch = Watch()
    record = await run(plan, watch=watch)
    assert record.outputs == {"o": {"n": 2}}
    assert [path for path in statuses(record) if path.endswith("check")] == [f"poll[{n}].check" for n in range(3)]
    poll = record.step("poll")
    assert poll is not None
    assert poll.iterations is not None
    assert (poll.iterations.total, poll.iterations.started, poll.iterations.completed) == (None, 3, 3)


async def test_loop_without_end_fails() -> None:
    record = await run(workflow(loop("poll", step("x"), until=constant(False), most=3)))
    assert record.error is not None
    assert record.error.type == "loop.limit"


async def test_a_failure_in_a_loop_ends_it() -> None:
    record = await run(workflow(loop("poll", step("x", "fail"), until=constant(False))))
    assert statuses(record) == {"poll": "failed", "poll[0]": "failed", "poll[0].x": "failed"}


@pytest.mark.parametrize("parallel", [1, 3, 100])
async def test_for_each_gives_results_in_the_order_of_the_items(parallel: int) -> None:
    async def work(input: dict[str, Json], _context: StepContext) -> Json:
        await asyncio.sleep(0.001 * (input["n"] % 3))
        return input["n"]

    bind: Bind = lambda scope: {"function": "work", "n": scope.locals["n"]}  # noqa: E731
    loop_plan = each(list(range(10)), as_="n", max_parallel=parallel)
    plan = workflow(step("s", "work", input=bind, for_each=loop_plan), outputs={"s": output_of("s")}, max_parallel=100)
    watch = Watch()
    record = await run(plan, watch=watch, work=work)
    assert record.outputs == {"s": list(range(10))}
    assert fold(record.id, watch.events) == record
    s = record.step("s")
    assert s is not None
    assert s.iterations is not None
    assert (s.iterations.total, s.iterations.started, s.iterations.completed) == (10, 10, 10)
    assert statuses(record)["s[7]"] == "completed"
    assert watch.types("s[7]") == ["iteration_started", "step_started", "iteration_completed"]


async def test_for_each_bounds_how_many_items_run_at_once() -> None:
    running = most = 0
    four = asyncio.Barrier(4)

    async def work(_input: dict[str, Json], _context: StepContext) -> Json:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await four.wait()
        running -= 1

    plan = workflow(step("s", "work", for_each=each(list(range(20)), max_parallel=4)), max_parallel=10)
    await run(plan, work=work)
    assert most == 4


def odd_fails(input: dict[str, Json], _context: StepContext) -> Json:
    if input["n"] % 2:
        raise WorkflowError("odd", f"{input['n']} is odd")
    return input["n"]


def odd_step(**fields: Any) -> StepPlan:
    bind: Bind = lambda scope: {"function": "work", "n": scope.locals["item"]}  # noqa: E731
    return step("s", "work", input=bind, for_each=each([0, 1, 2, 3], **fields))


async def test_failed_item_is_null_with_an_error_entry() -> None:
    plan = workflow(
        odd_step(on_item_error="continue"),
        outputs={"s": output_of("s"), "errors": lambda scope: scope.steps["s"].error["details"]["errors"]},
    )
    record = await run(plan, work=odd_fails)
    assert (record.status, record.warnings) == ("completed", 1)
    assert record.outputs["s"] == [0, None, 2, None]
    assert [(error["index"], error["type"]) for error in record.outputs["errors"]] == [(1, "odd"), (3, "odd")]
    assert statuses(record)["s[1]"] == "failed"


async def test_failed_item_fails_the_step_and_stops_items() -> None:
    record = await run(workflow(odd_step()), work=odd_fails)
    assert record.error is not None
    assert (record.error.type, record.error.path) == ("odd", "s[1]")
    assert statuses(record) == {"s": "failed", "s[0]": "completed", "s[1]": "failed"}


async def test_items_have_separate_attempts() -> None:
    failed: set[int] = set()

    def once(input: dict[str, Json], context: StepContext) -> Json:
        if input["item"] not in failed:
            failed.add(input["item"])
            raise WorkflowError("flaky", "once")
        return context.path

    bind: Bind = lambda scope: {"function": "once", **item_of()(scope)}  # noqa: E731
    s = step("s", "once", input=bind, for_each=each([7, 8]), retry=RetryPlan(max_attempts=2, delay=0))
    watch = Watch()
    record = await run(workflow(s, outputs={"s": output_of("s")}), watch=watch, once=once)
    assert record.outputs == {"s": ["s[0]", "s[1]"]}
    first = record.step("s[0]")
    assert first is not None
    assert [attempt.error is None for attempt in first.attempts] == [False, True]
    assert all(attempt.completed_at for attempt in first.attempts)


async def test_for_each_over_a_container_addresses_each_inner_step() -> None:
    build = group("build", step("fetch", input=item_of("repo")), for_each=each(["a", "b"], as_="repo"))
    watch = Watch()
    record = await run(workflow(build, outputs={"o": output_of("build")}), watch=watch)
    assert record.outputs == {"o": [{"item": "a", "index": 0}, {"item": "b", "index": 1}]}
    assert statuses(record)["build[1].fetch"] == "completed"
    fetch = record.step("build[1].fetch")
    assert fetch is not None
    assert fetch.parent == "build[1]"
    assert [e.label for e in watch.events if isinstance(e, IterationStarted)] == ["a", "b"]


@pytest.mark.parametrize(
    ("item", "label"),
    [
        ("a", "a"),
        (True, "true"),
        (None, None),
        ({"id": 7, "host": "h"}, "7"),
        ({"os": "linux", "py": 3.11, "more": [1], "on": False}, "os=linux py=3.11 on=false"),
        ({"name": None, "host": "h"}, "host=h"),
        (["a", 1, {}], "a 1"),
        ({"text": "x" * 100}, None),
        ({"a": {}}, None),
        ([], None),
    ],
)
async def test_an_item_is_named_by_its_name_or_its_values(item: Json, label: str | None) -> None:
    watch = Watch()
    await run(workflow(step("s", for_each=each([item]))), watch=watch)
    assert [e.label for e in watch.events if isinstance(e, IterationStarted)] == [label]


@pytest.mark.parametrize(
    ("items", "error_type"), [("text", "binding.type"), ({"a": 1}, "binding.type"), (list(range(11)), "binding.limit")]
)
async def test_for_each_requires_a_bounded_list(items: Json, error_type: str) -> None:
    record = await run(workflow(step("s", for_each=each(items, max_items=10))))
    assert record.error is not None
    assert record.error.type == error_type


async def test_for_each_over_an_empty_list() -> None:
    record = await run(workflow(step("s", for_each=each([])), outputs={"s": output_of("s")}))
    assert (record.status, record.outputs) == ("completed", {"s": []})


async def test_containers_hold_no_place_among_the_running() -> None:
    inner = group("g", group("h", step("x"), step("y")), for_each=each([1, 2], max_parallel=2))
    record = await run(workflow(inner, max_parallel=1))
    assert record.status == "completed"


async def test_cancel_between_items_ends_the_loop() -> None:
    async def work(_input: dict[str, Json], context: StepContext) -> Json:
        if context.path == "s[1]":
            await asyncio.Event().wait()

    going = begin(workflow(step("s", "work", for_each=each(list(range(5))))), work=work)
    await going.watch.until("step_started", "s[1]")
    await going.run.cancel("me")
    record = await going.end()
    assert statuses(record) == {"s": "cancelled", "s[0]": "completed", "s[1]": "cancelled"}
