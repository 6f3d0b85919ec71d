"""The sub-workflows of one run: each is a run of its own, which ends with its parent."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from wftui.model.base import Json
from wftui.model.errors import ConflictError, UserError
from wftui.model.execution import ExecutionRecord, ExecutionRequest
from wftui.runtime.errors import WorkflowError

if TYPE_CHECKING:
    from wftui.engine.executor import WorkflowExecutor
    from wftui.store.execution_store import ExecutionStore


class ChildRuns:
    """Runs the children of one run.

    Args:
        depth: how many runs there are from the top down to the parent, itself included.
        max_depth: how many there may be.
    """

    def __init__(
        self,
        executor: "WorkflowExecutor",
        store: "ExecutionStore",
        parent: ExecutionRequest,
        parent_id: str,
        depth: int,
        max_depth: int,
    ) -> None:
        self._executor = executor
        self._store = store
        self._parent = parent
        self._parent_id = parent_id
        self._depth = depth
        self._max_depth = max_depth

    async def run(
        self, workflow_id: str, inputs: Mapping[str, Json], path: str, started: Callable[[str], Awaitable[None]]
    ) -> ExecutionRecord:
        """Run another workflow to its end, for the step at `path`.

        `started` is called with the child's id once it is recorded.

        Raises:
            WorkflowError: it cannot be started.
        """
        if self._depth >= self._max_depth:
            raise WorkflowError("workflow.depth", f"workflows call each other more than {self._max_depth} deep")
        request = ExecutionRequest(
            workflow_id=workflow_id,
            inputs=dict(inputs),
            user_id=self._parent.user_id,
            parent_id=self._parent_id,
            parent_path=path,
            connections=self._parent.connections,
        )
        try:
            child_id = await self._executor.start(request, depth=self._depth + 1)
        except UserError as error:
            raise WorkflowError("workflow.invalid", f"workflow {workflow_id} cannot run: {error}") from error
        try:
            await started(child_id)
        except asyncio.CancelledError:
            await self._cancel(child_id)
            raise
        return await self._until_end(child_id)

    async def rejoin(self, child_id: str) -> ExecutionRecord:
        """Wait for a child that an earlier process started, after resuming it where that is needed.

        Raises:
            WorkflowError: it cannot be resumed.
        """
        record = await self._store.get(child_id)
        if record is not None and record.status == "interrupted":
            try:
                await self._executor.resume(child_id, depth=self._depth + 1)
            except UserError as error:
                raise WorkflowError("workflow.invalid", f"run {child_id} cannot be resumed: {error}") from error
        return await self._until_end(child_id)

    async def _until_end(self, child_id: str) -> ExecutionRecord:
        try:
            record = await self._executor.wait(child_id)
        except asyncio.CancelledError:
            await self._cancel(child_id)
            raise
        record.outputs = await self._store.resolve(record.outputs)
        return record

    async def _cancel(self, child_id: str) -> None:
        """Cancel a child and wait for its end; cancelled once more meanwhile, stop it at once."""
        with suppress(ConflictError):  # it has just ended
            await self._executor.cancel(child_id, by="its parent")
            try:
                await self._executor.wait(child_id)
            except asyncio.CancelledError:
                await self._executor.cancel(child_id, by="its parent")
                raise
