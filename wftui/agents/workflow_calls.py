"""Calls of workflows: a run for each, with progress, hand-back and abort."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp_types import CallToolResult, RequestId

from wftui.agents.caller import AgentAccess
from wftui.agents.results import error_result, run_result
from wftui.model.base import Json
from wftui.model.errors import ConflictError
from wftui.model.run.events import (
    Created,
    ExecutionEvent,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepSkipped,
    StepStarted,
    StepWaiting,
)
from wftui.workbench import Workbench

Context = ServerRequestContext[Any, Any]
_ENDS = (StepCompleted, StepFailed, StepSkipped, StepCancelled)


class WorkflowCalls:
    """The calls in progress of one connection.

    Args:
        hand_back: seconds after which a call returns without the run's end: clients give up at 60.
    """

    def __init__(self, workbench: Workbench, hand_back: float) -> None:
        self._workbench = workbench
        self._hand_back = hand_back
        self._starting: dict[RequestId, asyncio.Task[str]] = {}

    async def call(
        self, context: Context, caller: AgentAccess, workflow_id: str, inputs: Mapping[str, Json]
    ) -> CallToolResult:
        """Run a workflow; return its result, or its state at the time limit.

        A question to a person ends the call, too.
        """
        caller.require("run")
        invalid = await self._workbench.workflows.check_inputs(workflow_id, inputs)
        if invalid:
            return error_result("validation.inputs", "the inputs are not valid; nothing was started", errors=invalid)
        # A task of its own: an abort that arrives now is to find a run that can be cancelled.
        task = asyncio.create_task(self._workbench.runs.start(workflow_id, inputs, by=caller.token.name))
        if context.request_id is not None:
            self._starting[context.request_id] = task
        run_id = await asyncio.shield(task)
        await self.watch(context, run_id, self._hand_back)
        found = await run_result(self._workbench, run_id)
        if context.request_id is not None:  # not after a cancellation: `abort` may still come
            self._starting.pop(context.request_id, None)
        return found

    async def abort(self, request_id: RequestId) -> None:
        """Cancel the run of a call that the client no longer wants."""
        task = self._starting.pop(request_id, None)
        if task is not None:
            with suppress(ConflictError):  # it has just ended
                await self._workbench.runs.cancel(await task, by="the client")

    async def watch(self, context: Context, run_id: str, seconds: float) -> None:
        """Report progress until a run ends or waits for a person, or time is up."""
        progress = _Progress()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for batch in self._workbench.runs.follow(run_id):
                    for event in batch:
                        told = progress.fold(event)
                        if told:
                            await context.session.report_progress(progress.ended, progress.total or None, told)
                    if progress.asks:
                        return


class _Progress:
    """The progress of a run by its events."""

    def __init__(self) -> None:
        self.ended = 0
        self.total = 0
        self._declared: set[str] = set()
        self._asking: set[str] = set()

    @property
    def asks(self) -> bool:
        """True while a step waits for an approval."""
        return bool(self._asking)

    def fold(self, event: ExecutionEvent) -> str:
        """Take note of an event; return a message to report, or nothing."""
        match event:
            case Created():
                self._declared = {step.path for step in event.steps if step.parent is None}
                self.total = len(self._declared)
            case StepWaiting() if event.waiting.reason == "approval":
                self._asking.add(event.path)
                return f"{event.path}: waits for an approval"
            case StepStarted() if event.path in self._declared:
                return f"{event.path}: started"
        if isinstance(event, _ENDS):
            self._asking.discard(event.path)
            if event.path in self._declared:
                self._declared.discard(event.path)
                self.ended += 1
                return f"{event.path}: {event.type.removeprefix('step_')}"
        elif getattr(event, "type", "") == "step_answered":
            self._asking.discard(getattr(event, "path", ""))
        return ""
