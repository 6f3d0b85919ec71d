"""Child runs: the sub-workflows of one run, which end with their parent."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from wftui.engine.connections.run_connections import RunConnections
from wftui.engine.host.pools import in_pool
from wftui.engine.host.start_keys import records_as
from wftui.engine.host.start_options import RunStarter, StartOptions
from wftui.model.base import Json
from wftui.model.errors import ConflictError, NotFoundError, UserError
from wftui.model.run.events import Created
from wftui.model.run.record import ExecutionRecord, ExecutionRequest
from wftui.runtime.plan import WorkflowPlan
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.child_call import ChildCall
from wftui.steps.api.step_type import StepTypes

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore


class ChildRuns:
    """Runner of the children of one run.

    Args:
        depth: number of runs from the top-level run to the parent, included.
        waited_by: runs that wait for the parent.
        max_depth: maximum of this number.
        connections: of the parent; children share its resolved connections and masked secrets.
        confirmed: in a resumed child, run steps with `"idempotent": false` again that were running.
    """

    def __init__(
        self,
        starter: RunStarter,
        store: "ExecutionStore",
        parent: ExecutionRequest,
        parent_id: str,
        depth: int,
        waited_by: frozenset[str],
        max_depth: int,
        *,
        step_types: StepTypes,
        connections: RunConnections,
        confirmed: bool,
    ) -> None:
        self._starter = starter
        self._store = store
        self._parent = parent
        self._parent_id = parent_id
        self._depth = depth
        self._waiting = waited_by | {parent_id}
        self._max_depth = max_depth
        self._step_types = step_types
        self._connections = connections
        self._confirmed = confirmed

    async def plan(self, workflow_id: str) -> WorkflowPlan | None:
        """Return the current plan of a workflow, its steps in the parent's pool.

        None if it is missing or has errors.
        """
        try:
            return in_pool(await self._starter.plan(workflow_id), self._parent.pool, self._step_types)
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
        """Start another workflow for the step at `path` and return its id.

        `started` is called with the child's id once it is recorded, before its first step: after a crash, a parent that
        does not know its child would run those steps again.

        Raises:
            WorkflowError: it cannot be started.
        """
        check_depth(self._depth, call, self._max_depth)
        request = ExecutionRequest(
            workflow_id=workflow_id,
            inputs=dict(inputs),
            user_id=self._parent.user_id,
            parent_id=self._parent_id,
            parent_path=path,
            inherited_connections=self._parent.chosen_connections,
            pool=self._parent.pool,
        )
        recorded = ""

        async def announce(child_id: str) -> None:
            nonlocal recorded
            recorded = child_id
            await started(child_id)

        try:
            options = StartOptions(
                depth=self._depth + 1,
                waited_by=self._waiting if call.wait else frozenset(),
                part_of=self._connections,
                announce=announce,
                accept=lambda plan: check_identity(plan, call),
            )
            return await self._starter.start(request, options)
        except UserError as error:
            raise WorkflowError("workflow.invalid", f"workflow {workflow_id} cannot run: {error}") from error
        except asyncio.CancelledError:
            if recorded and call.wait:
                await self._cancel(recorded)
            raise

    async def is_run_of(self, child_id: str, workflow_id: str, inputs: Mapping[str, Json]) -> bool:
        """Return whether an earlier child is a run of this workflow with these inputs.

        Raises:
            WorkflowError: the input schema of the child is no longer available.
        """
        events = await self._store.events(child_id, limit=1)
        if not events or not isinstance(created := events[0], Created) or created.workflow_id != workflow_id:
            return False
        try:
            schema = (await self._starter.stored_plan(child_id)).input_schema
        except UserError as error:
            raise WorkflowError("workflow.invalid", f"run {child_id} cannot be resumed: {error}") from error
        before: Json = await self._store.resolve(created.inputs)
        return await records_as(schema, inputs, before, self._connections.redactor)

    async def until_end(self, child_id: str) -> ExecutionRecord:
        """Wait for the end of a child and return its record with its outputs.

        Cancelling the wait cancels the child.
        """
        try:
            record = await self._starter.wait(child_id)
        except asyncio.CancelledError:
            await self._cancel(child_id)
            raise
        record.outputs = await self._store.resolve(record.outputs)
        return record

    async def rejoin(self, child_id: str, inputs: Mapping[str, Json]) -> ExecutionRecord:
        """Wait for a child of an earlier process, resuming it if interrupted.

        Raises:
            WorkflowError: it cannot be resumed.
        """
        while (record := await self.until_end(child_id)).status == "interrupted":
            try:
                await self._resume(child_id, inputs, self._waiting)
            except asyncio.CancelledError:
                await self._cancel(child_id)
                raise
        return record

    async def resume(self, child_id: str, inputs: Mapping[str, Json]) -> None:
        """Resume a child of an earlier process if it is interrupted.

        Raises:
            WorkflowError: it cannot be resumed.
        """
        await self._store.recover()  # its process may have died a moment ago
        record = await self._store.get(child_id)
        if record is not None and record.status == "interrupted":
            await self._resume(child_id, inputs, frozenset())

    async def _resume(self, child_id: str, inputs: Mapping[str, Json], waited_by: frozenset[str]) -> None:
        """Resume a child with its secret inputs, which are not stored; others are ignored."""
        try:
            options = StartOptions(
                depth=self._depth + 1, waited_by=waited_by, part_of=self._connections, confirmed=self._confirmed
            )
            await self._starter.resume(child_id, inputs, options)
        except UserError as error:
            raise WorkflowError("workflow.invalid", f"run {child_id} cannot be resumed: {error}") from error

    async def abandon(self, child_id: str) -> None:
        """Cancel a child of an earlier process that no step has rejoined."""
        with suppress(ConflictError, NotFoundError):  # it has ended, or was removed
            await self._starter.cancel(child_id, by="its parent")

    async def _cancel(self, child_id: str) -> None:
        """Cancel a child and wait for its end; on a second cancel, stop it at once."""
        with suppress(ConflictError):  # it has just ended
            await self._starter.cancel(child_id, by="its parent")
            try:
                await self._starter.wait(child_id)
            except asyncio.CancelledError:
                await self._starter.cancel(child_id, by="its parent")
                raise


def check_depth(depth: int, call: ChildCall, max_depth: int) -> None:
    """Raise a WorkflowError if a child of a run at some depth is nested too deep."""
    deepest = call.max_depth or max_depth
    if depth >= deepest:
        raise WorkflowError("workflow.depth", f"sub-workflows are nested more than {deepest} deep")


def check_identity(plan: WorkflowPlan, call: ChildCall) -> None:
    """Raise a WorkflowError unless a workflow is the one that the caller expects."""
    for name, expected, found in (
        ("version", call.version, plan.version),
        ("hash", call.hash, plan.source_hash),
    ):
        if expected is not None and expected != found:
            details: Json = {"expected": expected, "found": found}
            message = f"workflow {plan.id} has {name} {found}, not {expected}"
            raise WorkflowError("workflow.version", message, details=details)
