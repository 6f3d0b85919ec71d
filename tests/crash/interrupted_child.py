"""A process that runs `interrupted_plan` until killed; prints run id and events."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from wftui.compiler.module_run import LoadedWorkflow
from wftui.engine.host.executor import WorkflowExecutor
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.run.record import ExecutionRequest
from wftui.model.workflow.compilation import CompilationResult
from wftui.runtime.plan import StepPlan, WorkflowPlan
from wftui.steps.api.step_type import StepContext, StepType
from wftui.steps.registry.step_registry import builtin_registry
from wftui.store.execution_store import ExecutionStore


class Pay(StepType[Any]):
    """Never ends at its first attempt."""

    word = "pay"
    title = "Pay"

    async def run(self, input: dict[str, Json], context: StepContext) -> Json:
        if context.attempt == 1:
            await asyncio.Event().wait()
        return {"key": context.idempotency_key}


class Steps:
    """The built-in step types, and `pay`."""

    def __init__(self) -> None:
        self._builtin = builtin_registry()
        self._pay = Pay()

    def get(self, word: str) -> StepType[Any] | None:
        return self._pay if word == "pay" else self._builtin.get(word)

    def types(self) -> list[StepType[Any]]:
        return [*self._builtin.types(), self._pay]

    def why_not(self, _word: str) -> str | None:
        return None


def interrupted_plan() -> WorkflowPlan:
    """An approval and a payment, side by side."""
    question = {"prompt": "Go on?", "timeout": 3600}
    ask = StepPlan(id="ask", type="approval", name="ask", input=lambda _scope: question)
    pay = StepPlan(id="pay", type="pay", name="pay", input=lambda _scope: {}, idempotent=False)
    return WorkflowPlan(
        id="w",
        name="w",
        version="1",
        source_hash="sha256:0",
        compiler="1",
        steps=(ask, pay),
        finally_=(StepPlan(id="tidy", type="set", name="tidy", input=lambda _scope: {"done": True}),),
        outputs={"ask": lambda scope: scope.steps["ask"].output, "pay": lambda scope: scope.steps["pay"].output},
    )


def executor_of(store: ExecutionStore) -> WorkflowExecutor:
    """An executor that knows this one workflow."""
    result = CompilationResult(success=True, workflow_id="w", timestamp=utc_now())
    loaded = LoadedWorkflow(interrupted_plan(), "{}", "", result)
    return WorkflowExecutor(store, Steps(), lambda _id: loaded, load_stored=lambda _id, _source: loaded)


async def main() -> None:
    executor = executor_of(await ExecutionStore.open(Path(sys.argv[1])))
    run_id = await executor.start(ExecutionRequest(workflow_id="w"))
    print(run_id, flush=True)
    async for batch in executor.get_event_stream(run_id):
        for event in batch:
            print(event.type, getattr(event, "path", ""), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
