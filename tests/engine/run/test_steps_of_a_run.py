"""One step: conditions, attempts, errors, values, logs."""

import asyncio
from typing import Any

import pytest
from helpers import patience

from engine.engine_plans import Steps, Watch, chain, constant, output_of, reasons, run, statuses, step, workflow
from wftui.engine.host.standalone_run import run_plan
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.model.base import Json
from wftui.model.run.events import Log, StepProgress, StepRetrying
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import ExecutionError
from wftui.runtime.plan import RetryPlan
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext

AT_ONCE = RetryPlan(max_attempts=3, delay=0)


def error_of(record: ExecutionRecord, path: str) -> ExecutionError:
    step = record.step(path)
    assert step is not None
    assert step.error is not None
    return step.error


async def test_when_decides_and_the_next_in_order_runs() -> None:
    plan = workflow(
        *chain(step("a"), step("b", when=lambda s: s.steps["a"].output["value"] == "x"), step("c")),
        step("d", needs=("b",)),
    )
    record = await run(plan)
    assert statuses(record) == {"a": "completed", "b": "skipped", "c": "completed", "d": "skipped"}
    assert reasons(record) == {"b": "when is false", "d": "needs b, which was skipped"}


@pytest.mark.parametrize("value", ["true", 1, None, [], {}])
async def test_non_boolean_condition_fails_the_step(value: Json) -> None:
    record = await run(workflow(step("a", when=constant(value))))
    assert record.status == "failed"
    assert error_of(record, "a").type == "binding.type"


async def test_raising_condition_fails_the_step() -> None:
    def broken(_scope: Scope) -> Json:
        raise KeyError("x")

    record = await run(workflow(step("a", when=broken, on_error="continue")))
    assert statuses(record) == {"a": "failed"}
    assert record.status == "completed"


class Flaky:
    """Fails a number of times, then gives the number of its attempt."""

    def __init__(self, failures: int, error_type: str = "flaky") -> None:
        self.calls = 0
        self._failures = failures
        self._error_type = error_type
        self.keys: set[str] = set()

    def __call__(self, _input: dict[str, Json], context: StepContext) -> Json:
        self.calls += 1
        self.keys.add(context.idempotency_key)
        assert context.attempt == self.calls
        if self.calls <= self._failures:
            raise WorkflowError(self._error_type, f"failure {self.calls}")
        return self.calls


async def test_max_attempts_counts_all_tries_and_each_is_recorded() -> None:
    flaky = Flaky(2)
    watch = Watch()
    record = await run(
        workflow(step("a", "flaky", retry=AT_ONCE), outputs={"n": output_of("a")}), watch=watch, flaky=flaky
    )
    assert (record.status, record.outputs, flaky.calls) == ("completed", {"n": 3}, 3)
    result = record.step("a")
    assert result is not None
    assert [attempt.attempt for attempt in result.attempts] == [1, 2, 3]
    assert [attempt.error.message if attempt.error else None for attempt in result.attempts] == [
        *["failure 1", "failure 2", None]
    ]
    assert watch.types("a") == ["step_started", "step_retrying"] * 2 + ["step_started", "step_completed"]
    assert flaky.keys == {f"{record.id}/a"}


async def test_the_last_failure_is_the_steps() -> None:
    flaky = Flaky(9)
    record = await run(workflow(step("a", "flaky", retry=AT_ONCE)), flaky=flaky)
    assert flaky.calls == 3
    error = error_of(record, "a")
    assert (error.message, error.attempt) == ("failure 3", 3)


@pytest.mark.parametrize(
    ("error_type", "on", "calls"),
    [
        ("http.5xx", ("http",), 3),
        ("http.5xx", ("http.5xx",), 3),
        ("httpx", ("http",), 1),
        ("exit_code", ("http", "timeout"), 1),
        ("binding.missing", (), 1),
        ("validation.output", ("validation",), 1),
        ("cancelled", (), 1),
        ("internal", (), 3),
    ],
)
async def test_retried_errors(error_type: str, on: tuple[str, ...], calls: int) -> None:
    flaky = Flaky(9, error_type)
    policy = RetryPlan(max_attempts=3, delay=0, on=on)
    await run(workflow(step("a", "flaky", retry=policy)), flaky=flaky)
    assert flaky.calls == calls


async def test_delays_grow_up_to_the_longest() -> None:
    watch = Watch()
    policy = RetryPlan(max_attempts=4, delay=0.01, backoff=2, max_delay=0.03, jitter=0)
    await run(workflow(step("a", "fail", retry=policy)), watch=watch)
    waits = [
        (event.next_at - event.timestamp).total_seconds() for event in watch.events if isinstance(event, StepRetrying)
    ]
    assert waits == pytest.approx([0.01, 0.02, 0.03], abs=0.002)


async def test_each_attempt_has_its_own_timeout() -> None:
    calls = 0

    async def slow_at_first(_input: dict[str, Json], context: StepContext) -> Json:
        nonlocal calls
        calls += 1
        if calls == 1:
            await asyncio.Event().wait()
        return context.attempt

    # On a busy machine an attempt that ends at once can run out of time as well.
    retry = RetryPlan(max_attempts=1000, delay=0)
    plan = workflow(step("a", "slow", timeout=0.02, retry=retry), outputs={"n": output_of("a")})
    record = await run(plan, slow=slow_at_first)
    result = record.step("a")
    assert result is not None
    assert record.outputs == {"n": len(result.attempts)}
    assert result.attempts[0].error is not None
    assert result.attempts[0].error.type == "timeout"


async def test_step_ignoring_its_timeout_is_abandoned() -> None:
    let_go = asyncio.Event()

    async def deaf(_input: dict[str, Json], _context: StepContext) -> Json:
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue
        return None

    settings = EngineSettings(grace=0.01, force=0.01)
    record = await run(workflow(step("a", "deaf", timeout=0.01)), deaf=deaf, settings=settings)
    let_go.set()
    error = error_of(record, "a")
    assert error.type == "timeout"
    assert "abandoned" in error.message


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": [1, {2}]}, "/a/1"),
        ({"a": float("nan")}, "/a"),
        ([0, [float("inf")]], "/1/0"),
        ({"a/b": (1,)}, "/a~1b"),
        ({"a": {3: 1}}, "/a"),
        pytest.param("\ud800", "the output", id="surrogate"),
        (b"x", "the output"),
        pytest.param(10**5000, "the output", id="huge"),
    ],
)
async def test_non_json_output_fails_its_step(value: Any, where: str) -> None:
    record = await run(workflow(step("a", "give")), give=lambda _input, _context: value)
    error = error_of(record, "a")
    assert error.type == "output.not_json"
    assert where in error.message


async def test_deep_and_wide_values_pass() -> None:
    deep: Json = "bottom"
    for _ in range(150):
        deep = [deep]
    wide = list(range(50_000))
    plan = workflow(step("a", "give"), outputs={"a": output_of("a")})
    record = await run(plan, give=lambda _input, _context: [deep, wide])
    assert record.outputs == {"a": [deep, wide]}


async def test_self_referential_value_is_refused() -> None:
    loop: list[Json] = []
    loop.append(loop)
    record = await run(workflow(step("a", "give")), give=lambda _input, _context: loop)
    assert error_of(record, "a").type == "output.not_json"


async def test_output_schema_is_enforced_on_its_step() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    plan = workflow(step("a", input=constant({"n": "1"}), output_schema=schema, retry=AT_ONCE), step("b", needs=("a",)))
    record = await run(plan)
    error = error_of(record, "a")
    assert (error.type, error.attempt) == ("validation.output", 1)
    assert error.details["errors"][0]["pointer"] == "/n"
    assert statuses(record)["b"] == "skipped"


async def test_an_input_its_step_type_refuses_names_every_field() -> None:
    plan = workflow(step("a", type="approval", input=constant({"timeout": "soon", "color": 1})))
    error = error_of(await run(plan), "a")
    assert error.type == "validation.input"
    assert {each["pointer"] for each in error.details["errors"]} >= {"/prompt", "/timeout", "/color"}


async def test_unexpected_exception_shows_the_users_lines() -> None:
    def surprise(_input: dict[str, Json], _context: StepContext) -> Json:
        raise ZeroDivisionError("oh")

    error = error_of(await run(workflow(step("a", "surprise", line=7, pointer="/steps/0")), surprise=surprise), "a")
    assert (error.type, error.message, error.line, error.pointer) == (
        "internal",
        "ZeroDivisionError: oh",
        7,
        "/steps/0",
    )
    assert error.stack is not None
    assert "in surprise" in error.stack
    assert "wftui/engine" not in error.stack


@pytest.mark.parametrize("problem", [SystemExit(3), asyncio.CancelledError(), RecursionError()])
async def test_no_exception_of_a_step_ends_the_program(problem: BaseException) -> None:
    async def bad(_input: dict[str, Json], _context: StepContext) -> Json:
        raise problem

    record = await run(workflow(step("a", "bad"), step("b")), bad=bad)
    assert statuses(record) == {"a": "failed", "b": "completed"}
    assert error_of(record, "a").type == "internal"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (0, "the number 0"),
        (1.0, "the number 1.0"),
        ("x" * 40, f"the text '{'x' * 40}'"),
        ("x" * 41, "a text of 41 characters"),
        ([True], "a list"),
        ({"a": True}, "an object"),
    ],
)
async def test_condition_is_boolean_or_fails_with_its_value(value: Json, shown: str) -> None:
    record = await run(workflow(step("a", when=constant(value))))
    error = error_of(record, "a")
    assert (error.type, error.message) == ("binding.type", f"`when` must give true or false; it gave {shown}")


async def test_an_unknown_step_type_fails_the_step() -> None:
    record = await run(workflow(step("a", type="acme.fetch")))
    assert "acme.fetch" in error_of(record, "a").message


async def test_logs_come_in_order_and_before_the_end_of_their_step() -> None:
    async def talk(_input: dict[str, Json], context: StepContext) -> Json:
        for n in range(1000):
            context.log(f"line {n}", stream="stdout")
        context.log("careful", "warn")
        await asyncio.sleep(0.02)
        context.log("last\n")
        context.progress(0.1)
        context.progress(7, "nearly")
        return None

    watch = Watch()
    await run(workflow(step("a", "talk")), watch=watch, talk=talk)
    logs = [event for event in watch.events if isinstance(event, Log)]
    assert len(logs) < 10
    assert [(line, log.level) for log in logs for line in log.message.split("\n")] == [
        *[(f"line {n}", "info") for n in range(1000)],
        *[("careful", "warn"), ("last", "info")],
    ]
    assert watch.types()[-2:] == ["step_completed", "completed"]
    assert [event.progress for event in watch.events if isinstance(event, StepProgress)] == [1.0]


async def _logged(settings: EngineSettings, *messages: str) -> list[str]:
    """The lines that are kept of what a step says in these calls; no event is big."""

    def talk(_input: dict[str, Json], context: StepContext) -> Json:
        for message in messages:
            context.log(message)

    watch = Watch()
    await run_plan(workflow(step("a", "talk")), {}, watch, step_types=Steps(talk=talk), settings=settings)
    events = [event for event in watch.events if isinstance(event, Log)]
    assert max(len(event.message) for event in events) < 80_000
    return [line for event in events for line in event.message.split("\n")]


@pytest.mark.parametrize("together", [1, 700, 5000])
async def test_endless_log_keeps_head_and_tail(together: int) -> None:
    reported = [f"line {n:05}" for n in range(5000)]
    calls = ["\n".join(reported[n : n + together]) + "\n" for n in range(0, 5000, together)]
    settings = EngineSettings(log_head=10_000, log_tail=10, log_line=200)
    lines = await _logged(settings, *calls, "x" * 10_000)
    head = lines.index(next(line for line in lines if "lines omitted" in line))
    assert 900 < head < 910
    assert lines[:head] == reported[:head]
    assert lines[head].startswith(f"… {5000 - head - 9:,} lines omitted")
    assert lines[head + 1 : -1] == reported[-9:]
    assert lines[-1].startswith("x" * 200 + "… (9,800 more")


async def test_log_tail_is_bounded_in_bytes() -> None:
    settings = EngineSettings(log_head=10, log_tail_size=1000)
    lines = await _logged(settings, *(f"{n:03}" + "x" * 297 for n in range(100)))
    assert lines[0] == "… 97 lines omitted: the step logs too much"
    assert [line[:3] for line in lines[1:]] == ["097", "098", "099"]


async def test_log_burst_within_the_limit_is_kept() -> None:
    reported = [str(n) for n in range(100_000)]
    assert await _logged(EngineSettings(), "\n".join(reported)) == reported


async def test_delay_reports_its_end_time() -> None:
    watch = Watch()
    record = await run(workflow(step("a", type="delay", input=constant({"for": 0.01}))), watch=watch)
    assert record.status == "completed"
    assert watch.types("a") == ["step_started", "step_waiting", "step_answered", "step_completed"]


async def test_waiting_step_frees_its_slot() -> None:
    done = asyncio.Event()

    async def work(_input: dict[str, Json], _context: StepContext) -> Json:
        done.set()
        return None

    async def nap(_input: dict[str, Json], context: StepContext) -> Json:
        await asyncio.gather(*(context.sleep_until(context.now()) for _ in range(2)))
        async with patience():
            while True:  # again where the time was over before the other step got its turn
                reply = await context.ask("Go on?", None, 0.05, "approve")
                if done.is_set():
                    return reply.by

    plan = workflow(step("a", "nap"), step("b", "work"), max_parallel=1, outputs={"a": output_of("a")})
    record = await run(plan, nap=nap, work=work)
    assert record.outputs == {"a": "timeout"}
