"""Delays between attempts, and the outputs' view of `finally`."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.engine_plans import Steps
from wftui.engine.host.standalone_run import run_plan
from wftui.engine.primitives.retry import delay_before_next
from wftui.model.base import Json
from wftui.model.run.events import ExecutionEvent, StepRetrying
from wftui.runtime.plan import RetryPlan, StepPlan, WorkflowPlan
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext


@given(
    st.floats(0, 100), st.floats(1, 10), st.floats(0, 100), st.floats(0, 1), st.integers(1, 5000), st.floats(0, 1000)
)
def test_a_delay_is_never_above_its_bound(
    delay: float, backoff: float, max_delay: float, jitter: float, attempt: int, asked: float
) -> None:
    policy = RetryPlan(max_attempts=9, delay=delay, backoff=backoff, max_delay=max_delay, jitter=jitter)
    waited = delay_before_next(policy, attempt, random.Random(1), asked)
    assert 0 <= waited <= max_delay
    assert waited >= min(asked, max_delay)


@pytest.mark.parametrize(("drawn", "waited"), [(0.0, 7.5), (0.5, 10.0), (1.0, 12.5)])
def test_jitter_is_bounded_in_both_directions(drawn: float, waited: float) -> None:
    class Drawn(random.Random):
        def random(self) -> float:
            return drawn

    policy = RetryPlan(max_attempts=9, delay=10, backoff=1, max_delay=100, jitter=0.25)
    assert delay_before_next(policy, 3, Drawn()) == waited


async def test_retry_after_of_a_server_is_respected() -> None:
    tries: list[int] = []

    def busy(_input: dict[str, Json], context: StepContext) -> Json:
        tries.append(context.attempt)
        if context.attempt == 1:
            raise WorkflowError("http.429", "too many requests", recoverable=True, details={"retryAfter": 0.05})
        return "done"

    retry = RetryPlan(max_attempts=2, delay=0, jitter=0)
    plan = WorkflowPlan(
        id="w",
        name="w",
        version="1",
        source_hash="",
        compiler="",
        steps=(StepPlan(id="a", type="call", name="a", input=lambda _: {"function": "busy"}, retry=retry),),
    )
    events: list[ExecutionEvent] = []
    record = await run_plan(plan, {}, events.append, step_types=Steps(busy=busy))
    assert (record.status, tries) == ("completed", [1, 2])
    (retrying,) = [event for event in events if isinstance(event, StepRetrying)]
    assert (retrying.next_at - retrying.timestamp).total_seconds() >= 0.049


async def test_outputs_may_read_the_steps_of_finally() -> None:
    plan = WorkflowPlan(
        id="w",
        name="w",
        version="1",
        source_hash="",
        compiler="",
        steps=(StepPlan(id="a", type="set", name="a", input=lambda _: {"n": 1}),),
        finally_=(StepPlan(id="last", type="set", name="last", input=lambda _: {"n": 2}),),
        outputs={"sum": lambda scope: scope.steps["a"].output["n"] + scope.steps["last"].output["n"]},
    )
    record = await run_plan(plan, {}, lambda _event: None)
    assert (record.status, record.outputs) == ("completed", {"sum": 3})
