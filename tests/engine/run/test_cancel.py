"""A cancel reaches every wait, is reported correctly, and `finally` still runs."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from helpers import lives, until

from engine.engine_plans import FAR, Going, Watch, begin, chain, constant, run, statuses, step, workflow
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.model.base import Json
from wftui.model.errors import ConflictError
from wftui.model.run.events import Log, StepCancelled, StepSkipped
from wftui.model.run.record import ExecutionRecord
from wftui.runtime.plan import ForEachPlan, LoopPlan, RetryPlan, StepPlan
from wftui.steps.api.step_type import StepContext


async def forever(_input: dict[str, Json], _context: StepContext) -> Json:
    await asyncio.Event().wait()


async def ended(going: Going) -> ExecutionRecord:
    """Cancel, and return the run's record, cancelled and with `finally` done."""
    await going.run.cancel("me")
    record = await going.end()
    assert record.status == "cancelled"
    assert statuses(record)["tidy"] == "completed"
    return record


def loop(inner: StepPlan, *, until: bool, delay: float = 0) -> StepPlan:
    plan = LoopPlan(until=constant(until), max_iterations=3, delay=delay)
    return step("s", type="loop", input=None, body=(inner,), loop=plan)


WAITS: dict[str, tuple[StepPlan, str, str]] = {
    "a running step": (step("s", "forever"), "step_started", "s"),
    "a retry delay": (step("s", "fail", retry=RetryPlan(max_attempts=2, delay=FAR)), "step_retrying", "s"),
    "a delay": (step("s", type="delay", input=constant({"for": FAR})), "step_waiting", "s"),
    "an approval": (step("s", type="approval", input=constant({"prompt": "?"})), "step_waiting", "s"),
    "an item of a forEach": (
        step("s", "forever", for_each=ForEachPlan(items=constant([1, 2]), max_parallel=2)),
        "step_started",
        "s[1]",
    ),
    "a step in a loop": (loop(step("x", "forever"), until=True), "step_started", "s[0].x"),
    "the delay of a loop": (loop(step("x"), until=False, delay=FAR), "iteration_completed", "s[0]"),
    "a step in a group": (step("s", type="group", input=None, body=(step("x", "forever"),)), "step_started", "s.x"),
    "a container's retry delay": (
        step("s", type="group", input=None, body=(step("x", "fail"),), retry=RetryPlan(max_attempts=2, delay=FAR)),
        "step_retrying",
        "s",
    ),
}


async def test_steps_after_a_cancel_count_as_failed_for_their_followers() -> None:
    going = begin(workflow(*chain(step("a", "forever"), step("b")), finally_=(step("tidy"),)), forever=forever)
    await going.watch.until("step_started", "a")
    await ended(going)
    (skip,) = (each for each in going.watch.events if isinstance(each, StepSkipped))
    assert (skip.path, skip.reason, skip.because_failed) == ("b", "cancelled", True)


@pytest.mark.parametrize("wait", WAITS)
async def test_a_cancel_reaches(wait: str) -> None:
    waiting, type_, path = WAITS[wait]
    going = begin(workflow(*chain(waiting, step("after")), finally_=(step("tidy"),)), forever=forever)
    await going.watch.until(type_, path)
    record = await ended(going)
    assert not any(getattr(event, "abandoned", False) for event in going.watch.events), (
        "it was reached, not left behind"
    )
    found = statuses(record)
    assert found["s"] == "cancelled"
    assert found["after"] == "skipped"
    assert not {"running", "pending", "waiting"} & set(found.values())


async def test_queued_step_never_starts_after_cancel() -> None:
    plan = workflow(step("s", "forever"), step("t", "forever"), max_parallel=1, finally_=(step("tidy"),))
    going = begin(plan, forever=forever)
    await going.watch.until("step_started")
    await ended(going)
    assert going.watch.types().count("step_started") == 2  # one of the two, and tidy


async def test_step_that_ignores_a_cancel_is_abandoned_and_reported() -> None:
    let_go = asyncio.Event()
    spoke = asyncio.Event()
    begun = asyncio.Event()

    async def deaf(_input: dict[str, Json], context: StepContext) -> Json:
        begun.set()
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                assert context.cancelled.is_set()
        context.log("still here")
        spoke.set()

    settings = EngineSettings(grace=0.01, force=0.01)
    going = begin(workflow(step("s", "deaf"), finally_=(step("tidy"),)), deaf=deaf, settings=settings)
    await begun.wait()
    await ended(going)
    (cancelled,) = [event for event in going.watch.events if isinstance(event, StepCancelled)]
    assert cancelled.abandoned
    let_go.set()
    await spoke.wait()
    assert not [event for event in going.watch.events if isinstance(event, Log) and "still" in event.message]
    assert going.watch.events[-1].type == "cancelled"


async def test_a_step_may_clean_up_and_its_last_words_are_heard() -> None:
    begun = asyncio.Event()

    async def tidy(_input: dict[str, Json], context: StepContext) -> Json:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            context.log("cleaned up")

    going = begin(workflow(step("s", "clean"), finally_=(step("tidy"),)), clean=tidy)
    await begun.wait()
    await ended(going)
    assert [event.message for event in going.watch.events if isinstance(event, Log)] == ["cleaned up"]


async def test_step_completing_despite_a_cancel_is_completed() -> None:
    begun = asyncio.Event()

    async def stubborn(_input: dict[str, Json], _context: StepContext) -> Json:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "done"

    going = begin(workflow(step("s", "stubborn"), finally_=(step("tidy"),)), stubborn=stubborn)
    await begun.wait()
    record = await ended(going)
    assert statuses(record)["s"] == "completed"


async def test_a_second_cancel_does_not_wait_for_the_grace_period() -> None:
    async def slow(_input: dict[str, Json], _context: StepContext) -> Json:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.Event().wait()

    settings = EngineSettings(grace=FAR, force=0.01)
    going = begin(workflow(step("s", "slow"), finally_=(step("tidy", "slow"),)), slow=slow, settings=settings)
    await going.watch.until("step_started")
    await going.run.cancel("me")
    await going.run.cancel("me, again")
    record = await going.end()
    assert statuses(record) == {"s": "cancelled", "tidy": "skipped"}


async def test_finally_is_bounded_after_a_cancel() -> None:
    settings = EngineSettings(grace=0.05, force=0.05, finally_limit=0.05)
    plan = workflow(step("s", "forever"), finally_=(step("tidy", "forever"),))
    going = begin(plan, forever=forever, settings=settings)
    await going.watch.until("step_started", "s")
    await going.run.cancel("me")
    record = await going.end()
    assert (record.status, statuses(record)["tidy"]) == ("cancelled", "cancelled")


async def test_cancel_during_finally_is_bounded() -> None:
    go = asyncio.Event()

    async def wait(_input: dict[str, Json], _context: StepContext) -> Json:
        await go.wait()

    going = begin(workflow(step("s"), finally_=(step("tidy", "wait"),)), wait=wait)
    await going.watch.until("step_started", "tidy")
    await going.run.cancel("me")
    go.set()
    record = await going.end()
    assert (record.status, statuses(record)) == ("cancelled", {"s": "completed", "tidy": "completed"})


async def test_completion_and_cancel_are_decided_once() -> None:
    going = begin(workflow(step("s")))
    record = await going.end()
    assert record.status == "completed"
    with pytest.raises(ConflictError, match="already ended"):
        await going.run.cancel("me")
    assert going.watch.types()[-1] == "completed"


async def test_run_cancelled_before_start_runs_no_step() -> None:
    going = begin(workflow(step("s"), finally_=(step("tidy"),)))
    await going.run.cancel("me")
    record = await going.end()
    assert (record.status, statuses(record)["s"]) == ("cancelled", "skipped")


async def test_shared_resources_close_with_the_run() -> None:
    opened: list[Any] = []

    class Thing:
        def __init__(self) -> None:
            self.closed = False
            opened.append(self)

        async def aclose(self) -> None:
            self.closed = True
            if len(opened) == 1:
                raise RuntimeError("stuck")

    def use(_input: dict[str, Json], context: StepContext) -> Json:
        assert not context.keep("thing", Thing).closed
        return None

    watch = Watch()
    record = await run(workflow(step("a", "use"), step("b", "use"), finally_=(step("c", "use"),)), watch=watch, use=use)
    assert record.status == "completed"
    assert [thing.closed for thing in opened] == [True]
    assert [event.message for event in watch.events if isinstance(event, Log)] == ["thing could not be closed: stuck"]


SCRIPTS = {
    "plain": "echo $$ >> pids; sleep 1000",
    "ignores_term": "trap '' TERM; echo $$ >> pids; while :; do sleep 1000; done",
    "setsid": "setsid sh -c 'echo $$ >> pids; sleep 1000' & wait",
    "holds_the_pipe": "(sh -c 'echo $$ >> pids; exec sleep 1000' &) ; echo $$ >> pids; sleep 1000",
    "double_fork": "(setsid sh -c 'trap \"\" TERM; echo $$ >> pids; sleep 1000' > out &); echo $$ >> pids; sleep 1000",
}


async def test_a_cancel_leaves_no_process(tmp_path: Path) -> None:
    async def one(name: str, script: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        shell = step("s", type="shell", input=constant({"script": script, "cwd": str(folder)}))
        going = begin(workflow(shell, finally_=(step("tidy"),)), settings=EngineSettings(force=FAR))
        await until(lambda: len(_pids(folder)) == script.count(">> pids"))
        record = await ended(going)
        assert statuses(record)["s"] == "cancelled"
        await until(lambda: not any(map(lives, _pids(folder))))

    await asyncio.gather(*(one(name, script) for name, script in SCRIPTS.items()))


async def test_second_cancel_kills_a_process_ignoring_sigterm(tmp_path: Path) -> None:
    shell = step("s", type="shell", input=constant({"script": SCRIPTS["ignores_term"], "cwd": str(tmp_path)}))
    going = begin(workflow(shell, finally_=(step("tidy"),)), settings=EngineSettings(force=FAR))
    await until(lambda: _pids(tmp_path))
    await going.run.cancel("me")
    await going.watch.until("cancel_requested")
    await going.run.cancel("me, again")
    record = await going.end()
    assert statuses(record) == {"s": "cancelled", "tidy": "skipped"}
    (cancelled,) = [event for event in going.watch.events if isinstance(event, StepCancelled)]
    assert not cancelled.abandoned
    await until(lambda: not any(map(lives, _pids(tmp_path))))


async def test_cancel_reaches_computing_steps() -> None:
    items = ForEachPlan(items=constant(list(range(50_000))), max_items=50_000)
    going = begin(workflow(step("s", for_each=items)))
    await going.watch.until("iteration_completed")
    await going.run.cancel("me")
    record = await going.end()
    assert statuses(record)["s"] == "cancelled"
    assert len(record.step_results) < 50_000


def _pids(folder: Path) -> list[int]:
    file = folder / "pids"
    return [int(line) for line in file.read_text().split()] if file.exists() else []
