"""Resuming from every prefix of a run's events."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from engine.engine_plans import FAR, Steps, Watch, begin, chain, constant, output_of, run, statuses, step, workflow
from engine.resuming import resume
from wftui.engine.primitives.secret_inputs import masked, restore_secrets
from wftui.engine.run.run import Run
from wftui.engine.run.state.carried_results import CarriedResults
from wftui.model.base import Json, format_timestamp
from wftui.model.clock import utc_now
from wftui.model.errors import UsageError
from wftui.model.run.events import (
    CancelRequested,
    Log,
    StepCompleted,
    StepFailed,
    StepRetrying,
    StepStarted,
)
from wftui.model.run.reducer import fold
from wftui.runtime.plan import CasePlan, ForEachPlan, LoopPlan, RetryPlan, WorkflowPlan
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext


class Counting:
    """Counts how often each step was run to its end; some fail at first."""

    def __init__(self) -> None:
        self.ended: Counter[str] = Counter()
        self.failed: set[str] = set()

    async def __call__(self, input: dict[str, Json], context: StepContext) -> Json:
        await asyncio.sleep(0)
        if input.get("flaky") and context.path not in self.failed:
            self.failed.add(context.path)
            raise WorkflowError("flaky", "once")
        self.ended[context.path] += 1
        return {"path": context.path, "n": input.get("n")}


def everything() -> WorkflowPlan:
    """A plan with every kind of step, all of whose outputs can be foretold."""

    def work(**fields: Any) -> Any:
        return lambda scope: {
            "function": "work",
            "n": scope.locals.get("item", scope.locals.get("index")),
            **{key: value(scope) if callable(value) else value for key, value in fields.items()},
        }

    def last_index(scope: Any) -> bool:
        return bool(scope.steps["check"].output["n"] == 2)

    twice = RetryPlan(max_attempts=2, delay=0)
    until = LoopPlan(until=last_index, max_iterations=5)
    flaky = chain(step("x", "work", input=work()), step("y", "work", input=work(flaky=True)))
    inner = chain(step("fetch", "work", input=work()), step("build", "work", input=work(flaky=True), retry=twice))
    steps = chain(
        step("first", "work", input=work()),
        step("off", when=constant(False)),
        step("bad", "fail", on_error="fallback", fallback=7),
        step("each", "work", input=work(), for_each=ForEachPlan(items=constant([1, 2, 3]), max_parallel=2)),
        step("builds", type="group", body=inner, input=None, for_each=ForEachPlan(items=constant(["a", "b"]))),
        step(
            "poll",
            type="loop",
            input=None,
            body=(step("check", "work", input=work()),),
            loop=until,
        ),
        step(
            "branch",
            type="switch",
            input=None,
            cases=(
                CasePlan(when=constant(False), steps=(step("no"),)),
                CasePlan(when=None, steps=(step("yes", "work", input=work()),)),
            ),
        ),
        step(
            "again",
            type="group",
            input=None,
            retry=twice,
            body=flaky,
        ),
        step("nap", type="delay", input=constant({"for": 0.001})),
        step("last", "work", input=work(n=lambda scope: scope.steps["bad"].output)),
    )
    outputs = {each.id: output_of(each.id) for each in steps if each.id != "nap"}
    return workflow(
        *steps, step("side", "work", input=work()), finally_=(step("tidy", "work", input=work()),), outputs=outputs
    )


async def test_resume_after_any_event_repeats_no_completed_step() -> None:
    plan = everything()
    watch = Watch()
    whole = await run(plan, watch=watch, work=Counting())
    assert whole.status == "completed", whole.error
    for length in range(1, len(watch.events)):
        before = watch.events[:length]
        kept = fold(whole.id, before)
        counting = Counting()
        counting.failed = {event.path for event in before if isinstance(event, StepRetrying | StepFailed)}
        record, events = await resume(plan, before, Steps(work=counting))
        assert (record.status, record.outputs, record.warnings) == ("completed", whole.outputs, whole.warnings), length
        assert statuses(record) == statuses(whole), length
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        for each in kept.step_results:
            # The steps of a container that is retried do run again.
            if each.status == "completed" and not each.path.startswith("again."):
                assert not counting.ended[each.path], (length, each.path)
        for path in ("each", "builds", "poll"):
            mine, theirs = record.step(path), whole.step(path)
            assert mine is not None
            assert theirs is not None
            assert mine.iterations == theirs.iterations, (length, path)


async def test_interrupted_step_reruns_with_same_key_and_new_attempt() -> None:
    keys: list[tuple[str, int]] = []

    def note(_input: dict[str, Json], context: StepContext) -> Json:
        keys.append((context.idempotency_key, context.attempt))
        return None

    plan = workflow(step("a", "note"))
    watch = Watch()
    await run(plan, watch=watch, note=note)
    begun = next(index for index, event in enumerate(watch.events) if isinstance(event, StepStarted))
    await resume(plan, watch.events[: begun + 1], Steps(note=note))
    assert [key for key, _ in keys] == [keys[0][0]] * 2
    assert [attempt for _, attempt in keys] == [1, 2]


async def test_attempts_made_before_count() -> None:
    plan = workflow(step("a", "fail", retry=RetryPlan(max_attempts=3, delay=0)))
    watch = Watch()
    await run(plan, watch=watch)
    second = [index for index, event in enumerate(watch.events) if event.type == "step_retrying"][1]
    record, events = await resume(plan, watch.events[: second + 1], Steps())
    assert record.status == "failed"
    assert [event.attempt for event in events if isinstance(event, StepStarted)] == [1, 2, 3]


async def test_a_deadline_is_kept() -> None:
    plan = workflow(step("a", type="delay", input=constant({"for": 0.2})), outputs={"a": output_of("a")})
    watch = Watch()
    await run(plan, watch=watch)
    waiting = next(index for index, event in enumerate(watch.events) if event.type == "step_waiting")
    record, events = await resume(plan, watch.events[: waiting + 1], Steps())
    waits = [event.waiting.until for event in events if event.type == "step_waiting"]
    assert record.status == "completed"
    assert waits[0] is not None
    assert waits[0] == waits[1]
    assert record.outputs == {"a": {"until": format_timestamp(waits[0])}}


async def test_earlier_answer_is_used_without_asking() -> None:
    plan = workflow(
        step("a", type="approval", input=constant({"prompt": "?", "timeout": 0.01, "onTimeout": "approve"})),
        outputs={"a": output_of("a")},
    )
    watch = Watch()
    whole = await run(plan, watch=watch)
    answered = next(index for index, event in enumerate(watch.events) if event.type == "step_answered")
    record, events = await resume(plan, watch.events[: answered + 1], Steps())
    assert record.outputs["a"]["approved"] is True
    assert record.outputs["a"]["by"] == whole.outputs["a"]["by"]
    assert [event.type for event in events].count("step_waiting") == 1


@pytest.mark.parametrize("approved", [True, False])
async def test_early_answer_is_validated_by_the_form(approved: bool) -> None:
    form = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    plan = workflow(
        step("a", type="approval", input=constant({"prompt": "?", "form": form, "onReject": "continue"})),
        outputs={"a": output_of("a")},
    )
    going = begin(plan)
    await going.watch.until("step_waiting")
    events = list(going.watch.events)
    await going.run.cancel("me")
    await going.end()

    async def answer(run: Run) -> None:
        with pytest.raises(UsageError):
            await run.answer("a", True, {"n": "one"}, "me")
        await run.answer("a", approved, {"n": 1} if approved else None, "me")

    record, _ = await resume(plan, events, Steps(), restored=answer)
    assert (record.outputs["a"]["approved"], record.outputs["a"].get("data")) == (
        approved,
        {"n": 1} if approved else None,
    )


@pytest.mark.parametrize(("rules", "status"), [(None, "completed"), (1, "completed"), (2, "failed")])
async def test_rejection_keeps_the_rules_of_its_run(rules: int | None, status: str) -> None:
    ask = step("a", type="approval", input=constant({"prompt": "?"}))
    plan = workflow(*chain(ask, step("b")), outputs={"a": output_of("a")})
    going = begin(plan)
    await going.watch.until("step_waiting")
    events = list(going.watch.events)
    await going.run.cancel("me")
    await going.end()
    events[0] = events[0].model_copy(update={"rules": rules})

    async def answer(run: Run) -> None:
        await run.answer("a", False, None, "me")

    record, after = await resume(plan, events, Steps(), restored=answer)
    assert record.status == status
    assert (record.outputs["a"] or {}).get("approved") == (False if status == "completed" else None)
    # A second resume, from the recorded answer, comes to the same.
    answered = next(index for index, event in enumerate(after) if event.type == "step_answered")
    again, _ = await resume(plan, after[: answered + 1], Steps())
    assert (again.status, again.outputs.keys()) == (record.status, record.outputs.keys())


@pytest.mark.parametrize(("seconds", "attempts"), [(FAR, 1), (3 * FAR, 2)])
async def test_total_timeout_continues_after_resume(seconds: float, attempts: int) -> None:
    def fails(_input: dict[str, Json], _context: StepContext) -> Json:
        raise WorkflowError("stock.empty", "Nothing is left.")

    retry = RetryPlan(max_attempts=2, delay=0, jitter=0, total_timeout=seconds)
    plan = workflow(step("a", "fails", retry=retry))
    watch = Watch()
    await run(plan, watch=watch, fails=fails)
    events = watch.events[: 1 + [event.type for event in watch.events].index("step_retrying")]
    # The process lived on for so long after the first attempt had failed.
    later = events[-1].timestamp + timedelta(seconds=FAR)
    events.append(Log(run_id=events[0].run_id, timestamp=later, message="still there"))
    record, after = await resume(plan, events, Steps(fails=fails))
    assert record.error is not None
    assert [event.type for event in after].count("step_started") == attempts
    assert record.error.type == ("timeout" if attempts == 1 else "stock.empty")


async def test_resumed_run_counts_its_resumes() -> None:
    plan = workflow(*chain(step("a"), step("b")), outputs={"attempt": lambda scope: scope.run["attempt"]})
    watch = Watch()
    await run(plan, watch=watch)
    record, events = await resume(plan, watch.events[:3], Steps())
    assert record.outputs == {"attempt": 2}
    record, _ = await resume(plan, events[: 1 + [event.type for event in events].index("resumed")], Steps())
    assert record.outputs == {"attempt": 3}


def test_resume_takes_only_unknown_inputs() -> None:
    stored = {"key": "***", "url": "https://***@host", "n": 1}
    given = {"key": "secret", "url": "https://secret@host", "n": 2, "more": 3}
    assert restore_secrets(stored, given, ["/key"]) == {"key": "secret", "url": "https://secret@host", "n": 1}


async def test_earlier_answer_counts_for_the_same_question_only() -> None:
    async def ask(_input: dict[str, Json], context: StepContext) -> Json:
        # As a language model, which may want to do something else the second time.
        question, otherwise = ("Go on?", "approve") if context.attempt == 1 else ("Remove all?", "reject")
        return {"approved": (await context.ask(question, None, 0.01, otherwise)).approved}

    plan = workflow(step("a", "ask"), outputs={"a": output_of("a")})
    watch = Watch()
    assert (await run(plan, watch=watch, ask=ask)).outputs == {"a": {"approved": True}}
    answered = next(index for index, event in enumerate(watch.events) if event.type == "step_answered")
    record, _ = await resume(plan, watch.events[: answered + 1], Steps(ask=ask))
    assert record.outputs == {"a": {"approved": False}}


async def test_resume_completes_a_requested_cancel() -> None:
    plan = workflow(*chain(step("a"), step("b")), finally_=(step("tidy"),))
    watch = Watch()
    await run(plan, watch=watch)
    asked = CancelRequested(run_id=watch.events[0].run_id, timestamp=utc_now())
    record, _ = await resume(plan, [*watch.events[:4], asked], Steps())
    assert record.status == "cancelled"
    assert {each.path: each.status for each in record.step_results} == {
        "a": "completed",
        "b": "skipped",
        "tidy": "completed",
    }


def test_secret_inputs_must_be_given_again() -> None:
    inputs = {"name": "x", "auth": {"pin": "1234"}, "keys": ["a", "b"]}
    pointers = ("/auth/pin", "/keys/*")
    stored = masked(inputs, pointers)
    assert stored == {"name": "x", "auth": {"pin": "***"}, "keys": ["***", "***"]}
    assert restore_secrets(stored, inputs, pointers) == inputs
    with pytest.raises(UsageError, match=r"again: auth\.pin"):
        restore_secrets(stored, {"keys": ["a", "b"]}, pointers)


async def test_step_with_secret_output_reruns_at_resume() -> None:
    seen: list[Json] = []

    def tell(input: dict[str, Json], _context: StepContext) -> Json:
        seen.append(input)
        return input.get("secret")

    plan = workflow(
        step("a", "tell", input=lambda scope: {"function": "tell", "secret": scope.inputs["password"]}),
        step("b", "tell", needs=("a",), input=lambda scope: {"function": "tell", "got": scope.steps["a"].output}),
        secret_inputs=("/password",),
    )
    watch = Watch()
    inputs = {"password": "hunter2-and-more"}
    whole = await run(plan, inputs, watch=watch, tell=tell)
    first = next(index for index, event in enumerate(watch.events) if event.type == "step_completed")
    before = watch.events[: first + 1]
    record, events = await resume(plan, before, Steps(tell=tell), inputs)
    assert record.status == whole.status == "completed"
    assert seen[-1] == {"function": "tell", "got": "hunter2-and-more"}
    assert "hunter2" not in "".join(event.to_json() for event in events)


def test_only_the_open_attempt_is_unfinished() -> None:
    carried = CarriedResults()
    assert not carried.has_ended("a", 1), "a step that is unknown here"
    of: dict[str, Any] = {"run_id": "run", "timestamp": utc_now(), "step_id": "a", "path": "a"}
    carried.note(StepStarted(step_name="a", step_type="call", attempt=1, **of))
    assert not carried.has_ended("a", 1)
    carried.note(StepStarted(step_name="a", step_type="call", attempt=2, **of))
    assert [carried.has_ended("a", attempt) for attempt in (1, 2)] == [True, False]
    carried.note(StepCompleted(duration=1.0, **of))
    assert [carried.has_ended("a", attempt) for attempt in (1, 2)] == [True, True]
