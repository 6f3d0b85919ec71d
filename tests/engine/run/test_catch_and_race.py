"""Catch and race: what the table of control flow does not show."""

import asyncio
from typing import Any

import pytest

from engine.control_flow.flow import broken, compiled, set_
from engine.engine_plans import FAR, Open, Steps, Watch, begin, run, statuses
from engine.resuming import resume
from wftui.engine.restart.rerun_decisions import plan_restart
from wftui.model.base import Json
from wftui.model.errors import ConflictError
from wftui.model.run.events import StepSkipped
from wftui.model.run.record import ExecutionRequest
from wftui.runtime.plan import WorkflowPlan
from wftui.steps.api.step_type import StepContext


def flow(*steps: dict[str, Any], **fields: Any) -> WorkflowPlan:
    return compiled({"format": 1, "id": "flow", "steps": list(steps), **fields})


def race(*branches: tuple[str, list[dict[str, Any]]], **fields: Any) -> dict[str, Any]:
    return {
        "id": "r",
        "type": "race",
        "branches": [{"name": name, "steps": steps} for name, steps in branches],
        **fields,
    }


async def test_the_approval_of_a_branch_that_loses_is_closed() -> None:
    ask = {"id": "ask", "type": "approval", "input": {"prompt": "Go?"}}
    go = {"id": "go", "type": "approval", "input": {"prompt": "Or so?"}}
    going = begin(flow(race(("person", [ask]), ("other", [go]))))
    await going.watch.until("step_waiting", "r.ask")
    await going.watch.until("step_waiting", "r.go")
    await going.run.answer("r.go", True, None, "me")
    record = await going.end()
    assert (record.status, statuses(record)) == (
        "completed",
        {"r": "completed", "r.ask": "cancelled", "r.go": "completed"},
    )
    lost = record.step("r.ask")
    assert lost is not None
    assert lost.skip_reason == "another branch won"
    assert record.step("r").won == "other"  # type: ignore[union-attr]  # the step is in the record


async def test_steps_that_lose_count_as_failed_for_their_followers() -> None:
    ask = {"id": "ask", "type": "approval", "input": {"prompt": "Go?"}}
    going = begin(flow(race(("person", [ask, set_("later", v=1)]), ("quick", [set_("a", v=1)]))))
    assert (await going.end()).status == "completed"
    skips = [each for each in going.watch.events if isinstance(each, StepSkipped)]
    assert "r.later" in [each.path for each in skips]
    assert {(each.reason, each.because_failed) for each in skips} == {("another branch won", True)}


async def test_reused_race_names_its_winner(open_executor: Open) -> None:
    executor = await open_executor({"flow": flow(race(("one", [set_("a", v=1)])), set_("last", v=2))})
    old = await executor.execute(ExecutionRequest(workflow_id="flow"))
    new = await executor.wait(await executor.rerun(old.id, from_step="last"))
    kept = new.step("r")
    assert kept is not None
    assert (kept.kept_from, kept.won) == (old.id, "one")


@pytest.mark.parametrize(
    ("asked", "around"), [("b", "r.b: r is reused"), ("r.b", "r.b: r is reused"), ("two", "w.two: w is reused")]
)
async def test_a_rerun_from_a_step_that_took_no_part_is_refused(asked: str, around: str) -> None:
    """A rerun that kept all of it would ignore what was asked for."""
    handlers = [{"on": ["stock"], "steps": [set_("one", n=1)]}, {"steps": [set_("two", n=2)]}]
    plan = flow(race(("first", [set_("a", v=1)]), ("second", [set_("b", v=1)])), broken("w", catch=handlers))
    record = await run(plan)
    with pytest.raises(ConflictError, match=around) as refused:
        plan_restart(plan, record, inputs={}, environment={}, before=plan, from_step=asked)
    assert refused.value.code == "rerun.inside"
    for taken in ("a", "one", "r", "w"):
        plan_restart(plan, record, inputs={}, environment={}, before=plan, from_step=taken)


async def test_losers_have_ended_before_the_race_does() -> None:
    began, ended = asyncio.Event(), list[str]()

    async def slow(_given: dict[str, Json], context: StepContext) -> Json:
        began.set()
        try:
            await asyncio.sleep(FAR)
        finally:
            await asyncio.sleep(0.01)
            ended.append(context.path)
        return None

    async def fast(_given: dict[str, Json], _context: StepContext) -> Json:
        await began.wait()
        return 1

    def calls(name: str) -> list[dict[str, Any]]:
        return [{"id": name, "type": "call", "input": {"function": name}}]

    plan = flow(race(("late", calls("slow")), ("early", calls("fast"))), set_("after", x=1))
    watch = Watch()
    record = await run(plan, watch=watch, slow=slow, fast=fast)
    assert (record.status, ended) == ("completed", ["r.slow"])
    types = [(event.type, getattr(event, "path", None)) for event in watch.events]
    assert types.index(("step_cancelled", "r.slow")) < types.index(("step_completed", "r"))


async def test_a_branch_of_skipped_steps_does_not_win() -> None:
    off = [set_("off", when_="false == true", x=1)]
    both = await run(flow(race(("off", off), ("on", [set_("on_step", x=1)]), onError="continue")))
    assert both.step("r").output["branch"] == "on"  # type: ignore[union-attr]  # the step is in the record
    none = await run(flow(race(("off", off))))
    assert none.error is not None
    assert (none.error.type, none.error.message) == (
        "race.failed",
        "no branch won: the steps of all branches were skipped",
    )


async def test_a_resume_does_not_choose_another_winner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wftui.engine.primitives.tasks._YIELD_AFTER", FAR)  # the first wins, however slow the machine
    plan = flow(
        race(("one", [set_("a", who="one")]), ("two", [set_("b", who="two")])),
        outputs={"branch": "{{ steps.r.output.branch }}"},
    )
    watch = Watch()
    whole = await run(plan, watch=watch)
    won = next(n for n, event in enumerate(watch.events) if event.type == "step_won")
    # As if the second had won: the order of the branches would choose the first.
    events = [
        event.model_copy(update={"branch": "two"}) if n == won else event
        for n, event in enumerate(watch.events[: won + 1])
    ]
    record, _ = await resume(plan, events, Steps())
    assert whole.outputs == {"branch": "one"}
    assert record.outputs == {"branch": "two"}


async def test_a_resume_does_not_choose_another_handler() -> None:
    """The error matched the first entry when it was caught; that choice stays."""
    plan = flow(
        broken("w", catch=[{"on": ["stock"], "steps": [set_("one", n=1)]}, {"steps": [set_("two", n=2)]}]),
        outputs={"n": "{{ steps.w.output.n }}"},
    )
    watch = Watch()
    await run(plan, watch=watch)
    caught = next(n for n, event in enumerate(watch.events) if event.type == "step_caught")
    events = [
        event.model_copy(update={"clause": 1}) if n == caught else event
        for n, event in enumerate(watch.events[: caught + 1])
    ]
    record, after = await resume(plan, events, Steps())
    assert record.outputs == {"n": 2}
    assert [event.type for event in after if getattr(event, "path", None) == "w"].count("step_started") == 1


async def test_a_cancel_is_not_caught() -> None:
    going = begin(
        flow(
            {
                "id": "w",
                "type": "delay",
                "input": {"for": "1h"},
                "catch": [{"steps": [set_("handler", x=1)]}],
            }
        )
    )
    await going.watch.until("step_waiting")
    await going.run.cancel("me")
    record = await going.end()
    assert (record.status, statuses(record)) == ("cancelled", {"w": "cancelled", "w.handler": "skipped"})


async def test_the_timeout_of_a_step_is_caught_and_does_not_stop_its_handlers() -> None:
    nap = {"id": "nap", "type": "delay", "input": {"for": "30ms"}}
    work = {
        "id": "w",
        "type": "delay",
        "input": {"for": "1h"},
        "timeout": "10ms",
        "catch": [{"on": ["timeout"], "steps": [nap, set_("said", type="{{ error.type }}")]}],
    }
    record = await run(flow(work, outputs={"type": "{{ steps.w.output.type }}"}))
    assert (record.status, record.outputs, record.warnings) == ("completed", {"type": "timeout"}, 1)


async def test_a_loop_variable_called_error_hides_the_error() -> None:
    work = broken("w", forEach={"in": "['mine']", "as": "error"}, catch=[{"steps": [set_("h", e="{{ error }}")]}])
    record = await run(flow(work, outputs={"all": "{{ steps.w.output }}"}))
    assert record.outputs == {"all": [{"e": "mine"}]}


async def test_a_rerun_keeps_what_a_catch_gave() -> None:
    def plan(text: str, on: str = "stock") -> WorkflowPlan:
        caught = [{"on": [on], "steps": [set_("h", e=text)]}, {"steps": [set_("other", e=2)]}]
        return flow(broken("w", catch=caught), set_("after", e="{{ steps.w.output.e }}"))

    record = await run(plan("one"))

    def decided(changed: WorkflowPlan) -> dict[str, str]:
        made = plan_restart(changed, record, inputs={}, environment={}, before=plan("one"))
        return {each.path: f"{each.action}: {each.why}" for each in made.decisions}

    assert decided(plan("one")) == {"w": "keep: failed, and the failure was handled", "after": "keep: same input"}
    assert decided(plan("two"))["w"] == "run: w.h runs again"
    assert decided(plan("one", "http"))["w"] == "run: its catch has changed"


async def test_a_rerun_compares_the_handlers_of_each_item() -> None:
    def plan(text: str) -> WorkflowPlan:
        caught = [{"steps": [set_("h", e=text)]}]
        return flow(broken("w", forEach={"in": "[1, 2]", "maxParallel": 2}, catch=caught))

    record = await run(plan("{{ item }}"))
    assert record.status == "completed"

    def decided(changed: WorkflowPlan) -> list[str]:
        made = plan_restart(changed, record, inputs={}, environment={}, before=plan("{{ item }}"))
        return [f"{each.action}: {each.why}" for each in made.decisions if each.path == "w"]

    assert decided(plan("{{ item }}"))[0].startswith("keep: ")
    assert decided(plan("{{ item + 1 }}")) == ["run: all its items run"]


async def test_a_rerun_keeps_a_race_that_was_won() -> None:
    def plan(x: int) -> WorkflowPlan:
        return flow(race(("one", [set_("a", x=x)]), ("two", [{"id": "n", "type": "delay", "input": {"for": "1h"}}])))

    record = await run(plan(1))

    def decided(changed: WorkflowPlan) -> str:
        return plan_restart(changed, record, inputs={}, environment={}, before=plan(1)).decisions[0].action

    assert (decided(plan(1)), decided(plan(2))) == ("keep", "run")
