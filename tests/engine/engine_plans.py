"""Plans written by hand, and step types small enough to see through."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from helpers import PATIENCE, patience

from wftui.engine.host.executor import WorkflowExecutor
from wftui.engine.host.standalone_run import prepare, run_plan
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.run.run import Run
from wftui.model.base import Json
from wftui.model.run.events import ExecutionEvent
from wftui.model.run.record import ExecutionRecord
from wftui.runtime.plan import Bind, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext, StepType
from wftui.steps.registry.step_registry import builtin_registry

Work = Callable[[dict[str, Json], StepContext], Any]
Open = Callable[..., Awaitable[WorkflowExecutor]]
FAR = 2 * PATIENCE
"""Seconds beyond the end of a test: a test that waits for all of them fails."""
PATIENT = EngineSettings(grace=FAR, force=FAR, finally_limit=FAR, log_interval=0.005)
"""However busy the machine is, a step that cleans up is not left behind."""


@dataclass
class Loaded:
    """A plan as the compiler would hand it over."""

    plan: WorkflowPlan
    source: str = "{}"
    code: str = ""


class Call(StepType[Any]):
    """Calls the function named in the input, with the input and the context."""

    word = "call"
    title = "Call"

    def __init__(self, functions: Mapping[str, Work]) -> None:
        self._functions = functions

    async def run(self, input: dict[str, Json], context: StepContext) -> Json:
        result = self._functions[input["function"]](input, context)
        return await result if asyncio.iscoroutine(result) else result


class Steps:
    """The built-in step types, and `call` over these functions."""

    def __init__(self, **functions: Work) -> None:
        self._builtin = builtin_registry()
        self._call = Call({"fail": fail, **functions})

    def get(self, word: str) -> StepType[Any] | None:
        return self._call if word == "call" else self._builtin.get(word)

    def types(self) -> list[StepType[Any]]:
        return [*self._builtin.types(), self._call]

    def why_not(self, _word: str) -> str | None:
        return None


def fail(_input: dict[str, Json], _context: StepContext) -> Json:
    raise WorkflowError("broken", "it broke")


def constant(value: Json) -> Bind:
    return lambda _scope: value


def step(id: str, function: str | None = None, **fields: Any) -> StepPlan:
    """A `call` step of that function; without one a `set` step that gives its id."""
    values: dict[str, Any] = {"name": id, "type": "call" if function else "set", **fields}
    values.setdefault("input", constant({"function": function} if function else {"value": id}))
    return StepPlan(id=id, **values)


def chain(*steps: StepPlan) -> tuple[StepPlan, ...]:
    """These steps in order, each after the one before unless it has `needs`."""
    chained: list[StepPlan] = []
    for each in steps:
        follows = bool(chained) and not each.needs and not each.after
        chained.append(replace(each, after=(chained[-1].id,)) if follows else each)
    return tuple(chained)


def workflow(*steps: StepPlan, **fields: Any) -> WorkflowPlan:
    values: dict[str, Any] = {"id": "test", "name": "Test", "version": "1", "source_hash": "sha256:0", **fields}
    return WorkflowPlan(compiler="1", steps=steps, **values)


def output_of(step_id: str) -> Bind:
    def read(scope: Scope) -> Json:
        return scope.steps[step_id].output

    return read


class Watch:
    """Sees the events of a run, and lets a test wait for one."""

    def __init__(self) -> None:
        self.events: list[ExecutionEvent] = []
        self._waiters: list[tuple[str, str | None, asyncio.Future[ExecutionEvent]]] = []

    def __call__(self, event: ExecutionEvent) -> None:
        self.events.append(event)
        for type_, path, future in self._waiters:
            if event.type == type_ and path in (None, getattr(event, "path", None)) and not future.done():
                future.set_result(event)

    async def until(self, type_: str, path: str | None = None) -> ExecutionEvent:
        """The first event of that type (and path), past or future."""
        for event in self.events:
            if event.type == type_ and path in (None, getattr(event, "path", None)):
                return event
        future: asyncio.Future[ExecutionEvent] = asyncio.get_running_loop().create_future()
        self._waiters.append((type_, path, future))
        async with patience():
            return await future

    def types(self, path: str | None = None) -> list[str]:
        return [event.type for event in self.events if path in (None, getattr(event, "path", None))]


async def run(
    plan: WorkflowPlan,
    inputs: Mapping[str, Json] | None = None,
    *,
    watch: Watch | None = None,
    settings: EngineSettings = PATIENT,
    **functions: Work,
) -> ExecutionRecord:
    """Run a plan in memory, with these functions for its `call` steps."""
    sees = watch or Watch()
    return await run_plan(plan, inputs or {}, sees, step_types=Steps(**functions), settings=settings)


class Going:
    """A run in progress, in memory."""

    def __init__(self, plan: WorkflowPlan, functions: Mapping[str, Work], settings: EngineSettings) -> None:
        self.watch = Watch()
        self.run: Run
        self.run, self._sink = prepare(plan, {}, self.watch, step_types=Steps(**functions), settings=settings)
        self._task: asyncio.Task[None] = asyncio.create_task(self._go())

    async def _go(self) -> None:
        await self.run.create(None)
        await self.run.run()

    async def end(self) -> ExecutionRecord:
        async with patience():
            await self._task
        return self._sink.record


def begin(plan: WorkflowPlan, *, settings: EngineSettings = PATIENT, **functions: Work) -> Going:
    """Start a run in memory; the test cancels or answers it while it goes."""
    return Going(plan, functions, settings)


def statuses(record: ExecutionRecord) -> dict[str, str]:
    return {step.path: step.status for step in record.step_results}


def reasons(record: ExecutionRecord) -> dict[str, str | None]:
    return {step.path: step.skip_reason for step in record.step_results if step.status == "skipped"}
