"""Random workflows with predictable outputs whose work leaves traces in a file."""

import asyncio
import hashlib
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wftui.model.base import Json
from wftui.runtime.plan import (
    Bind,
    BranchPlan,
    CasePlan,
    CatchPlan,
    ForEachPlan,
    LoopPlan,
    RetryPlan,
    StepPlan,
    WorkflowPlan,
)
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext, StepType
from wftui.steps.registry.step_registry import builtin_registry

_TWICE = RetryPlan(max_attempts=3, delay=0.002, backoff=1, jitter=0)
LAST = "last"
"""Id of the step of `finally`."""


class Trace(StepType[Any]):
    """Waits a little, may fail, is slow to cancel, and records its work in a file."""

    word = "trace"
    title = "Trace"

    def __init__(self, traces: Path) -> None:
        self._traces = traces

    async def run(self, input: dict[str, Json], context: StepContext) -> Json:
        context.log(f"{context.path} begins")
        try:
            await asyncio.sleep(input["wait"])
        except asyncio.CancelledError:
            await asyncio.sleep(0.02)
            raise
        if input["broken"]:
            raise WorkflowError("broken", f"{context.path} always fails")
        if input["flaky"] and context.attempt == 1:
            raise WorkflowError("flaky", "the first attempt always fails")
        descriptor = os.open(self._traces, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{context.run_id}/{context.path}\n".encode())
        os.close(descriptor)
        return {"path": context.path, "mark": input["mark"], "text": input["text"]}


class TracingSteps:
    """The built-in step types, and `trace`."""

    def __init__(self, traces: Path) -> None:
        self._builtin = builtin_registry()
        self._trace = Trace(traces)

    def get(self, word: str) -> StepType[Any] | None:
        return self._trace if word == "trace" else self._builtin.get(word)

    def types(self) -> list[StepType[Any]]:
        return [*self._builtin.types(), self._trace]

    def why_not(self, _word: str) -> str | None:
        return None


def random_plan(seed: int, workflow_id: str = "crash") -> WorkflowPlan:
    """The workflow of a seed, always the same; steps of `crash` call `child`."""
    source = random.Random(f"{seed} {workflow_id}")
    counter = iter(range(10_000))
    kinds = (
        _KINDS if workflow_id == "crash" else tuple(kind for kind in _KINDS if kind not in ("call", "calls", "sent"))
    )
    making = _Making(source, lambda: f"s{next(counter)}", kinds)
    steps = making.steps(depth=0, most=5 if workflow_id == "crash" else 2)
    outputs: dict[str, Bind] = {step.id: _output_of(step.id) for step in steps}
    if workflow_id == "crash" and source.random() < 0.3:
        steps = (*steps, making.leaf("wrong", tuple(outputs), broken=True, join="all_done"))
    return WorkflowPlan(
        id=workflow_id,
        name=workflow_id,
        version="1",
        source_hash="sha256:0",
        compiler="1",
        max_parallel=source.choice([1, 2, 8]),
        steps=steps,
        outputs=outputs,
        finally_=(making.leaf(LAST, ()),),
    )


_KINDS = (
    *("leaf", "leaf", "leaf", "each", "delay", "approval", "group", "groups", "loop", "loops", "switch"),
    *("off", "handled", "call", "calls", "sent", "sum", "sums", "race", "caught", "caught_group"),
)


@dataclass(frozen=True, slots=True)
class _Making:
    source: random.Random
    name: Callable[[], str]
    kinds: tuple[str, ...]

    def steps(self, *, depth: int, most: int) -> tuple[StepPlan, ...]:
        steps: list[StepPlan] = []
        for _ in range(self.source.randint(2, most)):
            before = [step.id for step in steps if step.when is None]
            needs = tuple(sorted(self.source.sample(before, self.source.randint(0, min(2, len(before))))))
            steps.append(self.step(needs, depth))
        return tuple(steps)

    def step(self, needs: tuple[str, ...], depth: int) -> StepPlan:
        step_id = self.name()
        kind = self.source.choice(self.kinds if depth < 2 else ("leaf", "delay", "approval"))
        items = ForEachPlan(items=lambda _scope: [1, 2, 3], max_parallel=self.source.choice([1, 3]))
        each = items if kind in ("groups", "loops", "calls") else None
        common: Any = {"id": step_id, "name": step_id, "needs": needs, "for_each": each}
        match kind:
            case "delay":
                return StepPlan(type="delay", input=lambda _scope: {"for": 0.004}, **common)
            case "approval":
                question = {"prompt": "?", "timeout": 0.004, "onTimeout": "approve"}
                return StepPlan(type="approval", input=lambda _scope: question, **common)
            case "call" | "calls":
                return StepPlan(type="workflow", input=lambda _scope: {"workflow": "child"}, **common)
            case "sent":
                return StepPlan(type="workflow", input=lambda _scope: {"workflow": "child", "wait": False}, **common)
            case "each":
                return self.leaf(step_id, needs, for_each=items)
            case "sums":
                return self.leaf(step_id, needs, for_each=replace(items, max_parallel=1, remembers=True))
            case "caught":
                return self.leaf(step_id, needs, broken=True, catch=self.catch(depth))
            case "caught_group":
                body = (*self.steps(depth=depth + 1, most=2), self.leaf(self.name(), (), broken=True))
                return StepPlan(type="group", body=body, catch=self.catch(depth), **common)
            case "race":
                loser = (self.leaf(self.name(), ()), self.leaf(self.name(), (), broken=True, wait=0.03))
                slow = BranchPlan(name="slow", steps=(loser[0], replace(loser[1], needs=(loser[0].id,))))
                fast = BranchPlan(name="fast", steps=self.steps(depth=depth + 1, most=2))
                return StepPlan(type="race", branches=(slow, fast), **common)
            case "group" | "groups":
                return StepPlan(type="group", body=self.steps(depth=depth + 1, most=2), **common)
            case "switch":
                cases = [
                    CasePlan(when=when, steps=self.steps(depth=depth + 1, most=2))
                    for when in (lambda _scope: False, lambda _scope: True, None)
                ]
                return StepPlan(type="switch", cases=tuple(cases), **common)
            case "loop" | "loops" | "sum":
                until: Bind = lambda scope: bool(scope.locals["index"] == 1)  # noqa: E731
                loop = LoopPlan(until=until, max_iterations=5, remembers=kind == "sum")
                return StepPlan(type="loop", body=self.steps(depth=depth + 1, most=2), loop=loop, **common)
            case "off":
                return self.leaf(step_id, needs, when=lambda _scope: False)
            case "handled":
                return StepPlan(
                    type="assert", input=lambda _scope: {"that": False}, on_error="fallback", fallback=7, **common
                )
            case _:
                return self.leaf(step_id, needs)

    def catch(self, depth: int) -> tuple[CatchPlan, ...]:
        """Handlers of the error of a broken step, and others that are not used."""
        unused, used = (self.steps(depth=depth + 1, most=2) for _ in range(2))
        return (CatchPlan(on=("other",), steps=unused), CatchPlan(on=("broken",), steps=used))

    def leaf(
        self, step_id: str, needs: tuple[str, ...], *, broken: bool = False, wait: float | None = None, **fields: Any
    ) -> StepPlan:
        waits = self.source.choice([0, 0, 0.001, 0.005]) if wait is None else wait
        flaky = self.source.random() < 0.2
        text = "x" * self.source.choice([0, 10, 40_000])
        retry = RetryPlan() if broken else _TWICE

        def bind(scope: Scope) -> Json:
            seen = [_told(scope.steps[other].output) for other in needs]
            seen += [_told(scope.locals.get("previous")), _type_of(scope.locals.get("error"))]
            seen += [scope.run.get("status"), _type_of(scope.run.get("error"))]
            mark = hashlib.sha256(repr((seen, scope.locals.get("index"))).encode()).hexdigest()
            return {"wait": waits, "flaky": flaky, "broken": broken, "mark": mark, "text": text}

        return StepPlan(id=step_id, type="trace", name=step_id, needs=needs, input=bind, retry=retry, **fields)


def _type_of(error: Json) -> Json:
    return error["type"] if isinstance(error, dict) else None


def _output_of(step_id: str) -> Bind:
    return lambda scope: _told(scope.steps[step_id].output)


def _told(output: Json) -> Json:
    """The predictable part of an output: of a wait or a started run its existence."""
    if isinstance(output, list):
        return [_told(item) for item in output]
    if isinstance(output, dict):
        if "until" in output or "approved" in output or "executionId" in output:
            return "waited"
        return {key: _told(value) for key, value in output.items()}
    return output
