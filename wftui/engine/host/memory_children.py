"""Children of a run in memory, which are in memory, too."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from wftui.engine.host.child_runs import check_depth, check_identity
from wftui.engine.host.standalone_run import prepare
from wftui.engine.primitives.memory_log import MemorySink
from wftui.engine.run.run import Run
from wftui.engine.run.state.run_context import RunContext
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.run.events import ExecutionEvent
from wftui.model.run.record import ExecutionRecord
from wftui.runtime.plan import WorkflowPlan
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.child_call import ChildCall


class MemoryChildren:
    """Runner of the children of one run, none of which is stored or resumed.

    Args:
        parent: context of the run; children share its connections and masked secrets.
        load: returns the plan of a workflow.
        folder: returns the folder of a workflow's file.
        depth: number of runs from the top-level run to the parent, included.
    """

    def __init__(
        self,
        parent: RunContext,
        load: Callable[[str], Awaitable[WorkflowPlan]],
        folder: Callable[[str], Path],
        depth: int = 1,
    ) -> None:
        self._parent = parent
        self._load = load
        self._folder = folder
        self._depth = depth
        self._begun: dict[str, _Child] = {}

    async def plan(self, workflow_id: str) -> WorkflowPlan | None:
        """Return the current plan of a workflow, or None when it cannot run."""
        try:
            return await self._load(workflow_id)
        except UserError:
            return None

    async def start(
        self,
        workflow_id: str,
        inputs: Mapping[str, Json],
        path: str,
        call: ChildCall,
        started: Callable[[str], Awaitable[None]],
    ) -> str:
        """Start a workflow for a step and return its id; `started` gets it, too.

        Raises:
            WorkflowError: it cannot be started.
        """
        check_depth(self._depth, call, self._parent.settings.max_depth)
        try:
            plan = await self._load(workflow_id)
            check_identity(plan, call)
            run, sink = prepare(
                plan,
                inputs,
                _ignore,
                step_types=self._parent.step_types,
                settings=self._parent.settings,
                folder=self._folder(workflow_id),
                part_of=self._parent.connections,
            )
            children = MemoryChildren(run.context, self._load, self._folder, self._depth + 1)
            run.context.children = children
            run.context.approvals.answerable = False
            await run.create(None)
        except UserError as error:
            raise WorkflowError("workflow.invalid", f"workflow {workflow_id} cannot run: {error}") from error
        await started(run.id)
        self._begun[run.id] = _Child(run, sink, children)
        return run.id

    async def until_end(self, child_id: str) -> ExecutionRecord:
        """Wait for the end of a child and return its record.

        Cancelling the wait cancels the child.
        """
        child = self._begun[child_id]
        try:
            await asyncio.shield(child.task)
        except asyncio.CancelledError:
            await child.cancel()
            raise
        return child.record

    async def join(self) -> None:
        """Wait for the end of all children."""
        await asyncio.gather(*(self.until_end(child_id) for child_id in self._begun))

    async def cancel(self) -> None:
        """Cancel the children that have not ended, and wait for their end."""
        for child in self._begun.values():
            await child.cancel()

    async def is_run_of(self, child_id: str, workflow_id: str, inputs: Mapping[str, Json]) -> bool:
        """Return False: a run in memory has no earlier children."""
        return False

    async def resume(self, child_id: str, inputs: Mapping[str, Json]) -> None:
        """Raise a WorkflowError: nothing in memory is resumed."""
        raise WorkflowError("workflow.unavailable", "a run in memory cannot be resumed")

    async def rejoin(self, child_id: str, inputs: Mapping[str, Json]) -> ExecutionRecord:
        """Raise a WorkflowError: nothing in memory is resumed."""
        raise WorkflowError("workflow.unavailable", "a run in memory cannot be resumed")

    async def abandon(self, child_id: str) -> None:
        """Do nothing: there are no earlier children."""


class _Child:
    """A run that has started; its task ends when it and all its children have."""

    def __init__(self, run: Run, sink: MemorySink, children: MemoryChildren) -> None:
        self._run = run
        self._children = children
        self.record = sink.record
        self.task = asyncio.create_task(self._until_end())

    async def _until_end(self) -> None:
        await self._run.run()
        await self._children.join()

    async def cancel(self) -> None:
        """Cancel what has not ended, and wait for its end."""
        if not self._run.ended:
            await self._run.cancel("its parent")
        await self._children.cancel()
        await self.task


def _ignore(event: ExecutionEvent) -> None:
    """Keep nothing of a child but its record."""
