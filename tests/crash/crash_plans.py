"""Random workflows whose outputs can be foretold and whose work leaves traces in a file."""

import asyncio
import hashlib
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError
from wftui.runtime.plan import Bind, ForEachPlan, LoopPlan, RetryPlan, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope
from wftui.steps.base import StepContext, StepType
from wftui.steps.catalogue import builtin_catalogue

_TWICE = RetryPlan(max_attempts=3, delay=0.002, backoff=1, jitter=0)


class Trace(StepType[Any]):
    """Waits a little, may fail at its first attempt, and notes in a file that it was done."""

    word = "trace"
    title = "Trace"

    def __init__(self, traces: Path) -> None:
        self._traces = traces

    async def run(self, input: dict[str, Json], context: StepContext) -> Json:  # noqa: A002
        context.log(f"{context.path} begins")
        await asyncio.sleep(input["wait"])
        if input["flaky"] and context.attempt == 1:
            raise WorkflowError("flaky", "the first attempt always fails")
        descriptor = os.open(self._traces, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{context.path}\n".encode())
        os.close(descriptor)
        return {"path": context.path, "mark": input["mark"], "text": input["text"]}


class TracingSteps:
    """The built-in step types, and `trace`."""

    def __init__(self, traces: Path) -> None:
        self._builtin = builtin_catalogue()
        self._trace = Trace(traces)

    def get(self, word: str) -> StepType[Any] | None:
        return self._trace if word == "trace" else self._builtin.get(word)

    def types(self) -> list[StepType[Any]]:
        return [*self._builtin.types(), self._trace]


def random_plan(seed: int) -> WorkflowPlan:
    """The workflow of a seed: always the same."""
    source = random.Random(seed)
    counter = iter(range(10_000))
    steps = _steps(source, lambda: f"s{next(counter)}", depth=0, most=6)
    last = _leaf(source, f"s{next(counter)}", ())
    outputs: dict[str, Bind] = {step.id: _output_of(step.id) for step in steps}
    return WorkflowPlan(
        id="crash",
        name="Crash",
        version="1",
        source_hash="sha256:0",
        compiler="1",
        max_parallel=source.choice([1, 2, 8]),
        steps=steps,
        outputs=outputs,
        finally_=(last,),
    )


def _steps(source: random.Random, name: Callable[[], str], *, depth: int, most: int) -> tuple[StepPlan, ...]:
    steps: list[StepPlan] = []
    for _ in range(source.randint(2, most)):
        before = [step.id for step in steps]
        needs = tuple(sorted(source.sample(before, source.randint(0, min(2, len(before))))))
        steps.append(_step(source, name, needs, depth))
    return tuple(steps)


def _step(source: random.Random, name: Callable[[], str], needs: tuple[str, ...], depth: int) -> StepPlan:
    step_id = name()
    kind = source.choice(
        ["leaf", "leaf", "leaf", "each", "delay", "group", "groups", "loop"] if depth < 2 else ["leaf"]
    )
    items = ForEachPlan(items=lambda _scope: [1, 2, 3, 4], max_parallel=source.choice([1, 3]))
    match kind:
        case "delay":
            return StepPlan(id=step_id, type="delay", name=step_id, needs=needs, input=lambda _scope: {"for": 0.01})
        case "each":
            return _leaf(source, step_id, needs, for_each=items)
        case "group" | "groups":
            body = _steps(source, name, depth=depth + 1, most=3)
            each = items if kind == "groups" else None
            return StepPlan(id=step_id, type="group", name=step_id, needs=needs, body=body, for_each=each)
        case "loop":
            body = _steps(source, name, depth=depth + 1, most=3)
            loop = LoopPlan(until=lambda scope: bool(scope.locals["index"] == 2), max_iterations=5)
            return StepPlan(id=step_id, type="loop", name=step_id, needs=needs, body=body, loop=loop)
        case _:
            return _leaf(source, step_id, needs)


def _leaf(source: random.Random, step_id: str, needs: tuple[str, ...], **fields: Any) -> StepPlan:
    wait, flaky = source.choice([0, 0, 0.001, 0.005]), source.random() < 0.2
    text = "x" * source.choice([0, 10, 40_000])

    def bind(scope: Scope) -> Json:
        seen = [_told(scope.steps[other].output) for other in needs]
        mark = hashlib.sha256(repr((seen, scope.locals.get("index"))).encode()).hexdigest()
        return {"wait": wait, "flaky": flaky, "mark": mark, "text": text}

    return StepPlan(id=step_id, type="trace", name=step_id, needs=needs, input=bind, retry=_TWICE, **fields)


def _output_of(step_id: str) -> Bind:
    return lambda scope: _told(scope.steps[step_id].output)


def _told(output: Json) -> Json:
    """An output that can be foretold: of a delay only that it was, as when it was over depends on the clock."""
    if isinstance(output, list):
        return [_told(item) for item in output]
    return "waited" if isinstance(output, dict) and "until" in output else output
