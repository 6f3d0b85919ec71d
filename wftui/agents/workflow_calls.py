"""Calls of workflows: a run each, with progress, questions, hand-back and abort."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ElicitResult, InputRequiredResult, RequestId
from pydantic import ValidationError

from wftui.agents.caller import AgentAccess
from wftui.agents.progress import CallProgress
from wftui.agents.questions import Question, asks_by_result, data_of, may_ask, question_result
from wftui.agents.results import error_result, run_result
from wftui.model.base import Json
from wftui.model.errors import ConflictError, NotFoundError, UsageError
from wftui.workbench import Workbench

Context = ServerRequestContext[Any, Any]
ToolResult = CallToolResult | InputRequiredResult
_CallKey = tuple[str | None, RequestId | None]
_ABORT_SECONDS = 60.0
"""Time after the end of a call in which its abort may arrive."""
_MOST_REPEATS = 3
"""Answers in one call that do not fit their form."""


class WorkflowCalls:
    """The calls in progress.

    Args:
        hand_back: seconds after which a call returns without the run's end: clients give up at 60.
    """

    def __init__(self, workbench: Workbench, hand_back: float) -> None:
        self._workbench = workbench
        self._hand_back = hand_back
        self._starting: dict[_CallKey, asyncio.Task[str]] = {}
        self._cancelling: set[asyncio.Task[None]] = set()

    async def call(
        self, context: Context, caller: AgentAccess, workflow_id: str, inputs: Mapping[str, Json]
    ) -> ToolResult:
        """Run a workflow, or continue with the answer to its question; return its result.

        At the time limit it is the state of the run.
        """
        caller.require("run")
        if caller.answer is None:
            invalid = await self._workbench.workflows.check_inputs(workflow_id, inputs)
            if invalid:
                return error_result(
                    "validation.inputs", "the inputs are not valid; nothing was started", errors=invalid
                )
            start = self._workbench.runs.start(workflow_id, inputs, by=caller.token.name)
        else:
            start = self._known(caller.answer.run)
        # A task of its own: an abort that arrives now is to find a run that can be cancelled.
        key = _key(context)
        self._starting[key] = task = asyncio.create_task(start)
        try:
            found = await self.conduct(context, caller, await asyncio.shield(task), self._hand_back)
        except asyncio.CancelledError:
            if _ends_with_its_stream(context):
                self._starting.pop(key, None)
                if not caller.leaving():
                    self._cancel_later(task)
            else:  # `abort` may still come, and takes the task
                asyncio.get_running_loop().call_later(_ABORT_SECONDS, self._starting.pop, key, None)
            raise
        self._starting.pop(key, None)
        return found

    async def abort(self, context: Context, request_id: RequestId) -> None:
        """Cancel the run of a call that the client no longer wants."""
        task = self._starting.pop((_session(context), request_id), None)
        if task is not None:
            await self._cancel(task)

    async def conduct(self, context: Context, caller: AgentAccess, run_id: str, seconds: float) -> ToolResult:
        """Report progress and ask the client's user until a run ends or time is up.

        A question that the client does not ask, or its user leaves open, ends it, too.
        """
        progress = CallProgress()
        deadline = time.monotonic() + seconds
        answer, problem, repeats = caller.answer, "", 0
        while True:
            await self._watch(context, run_id, progress, deadline)
            question = progress.question()
            if question is None or question.form is None or not (caller.token.may("run") and may_ask(context)):
                break
            if answer is not None and (answer.path, answer.seq) == (question.path, question.seq):
                result: ElicitResult | Literal["answered"] | None = answer.result
                answer = None
            elif asks_by_result(context):
                return question_result(run_id, question, problem)
            else:
                result = await self._elicit(context, run_id, question, problem, deadline)
            if result == "answered":
                progress.settle(question)
                continue
            if result is None or result.action == "cancel":
                break
            problem = await self._answer(caller, run_id, question, result)
            repeats += bool(problem)
            if repeats > _MOST_REPEATS:
                break
            if not problem:
                progress.settle(question)
        return await run_result(self._workbench, run_id)

    async def _watch(self, context: Context, run_id: str, progress: CallProgress, deadline: float) -> None:
        """Report progress until a run ends or waits for a person, or time is up."""
        if progress.question() is not None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                async for batch in self._workbench.runs.follow(run_id, after=progress.seq):
                    for event in batch:
                        told = progress.fold(event)
                        if told:
                            await context.session.report_progress(progress.ended, progress.total or None, told)
                    if progress.question() is not None:
                        return

    async def _elicit(
        self, context: Context, run_id: str, question: Question, problem: str, deadline: float
    ) -> ElicitResult | Literal["answered"] | None:
        """Ask within the call.

        Returns:
            The answer; `answered` if another user has given it, None without one until time is up.
        """
        request = question.request(problem)
        asking = asyncio.create_task(
            context.session.elicit_form(request.message, request.requested_schema, context.request_id)
        )
        answered = asyncio.create_task(self._until_answered(run_id, question))
        try:
            await asyncio.wait(
                {asking, answered},
                timeout=max(0.0, deadline - time.monotonic()),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if asking.done():
                return asking.result()
            return "answered" if answered.done() else None
        except (MCPError, ValidationError):  # a client that fails to ask has not answered
            return None
        finally:
            for task in (asking, answered):
                task.cancel()
            await asyncio.gather(asking, answered, return_exceptions=True)

    async def _until_answered(self, run_id: str, question: Question) -> None:
        async for batch in self._workbench.runs.follow(run_id, after=question.seq):
            if any(getattr(event, "path", None) == question.path for event in batch):
                return

    async def _answer(self, caller: AgentAccess, run_id: str, question: Question, result: ElicitResult) -> str:
        """Answer an approval; return why the answer did not count, if it can be repeated."""
        approved = result.action == "accept"
        try:
            await self._workbench.runs.answer(
                run_id,
                question.path,
                approved=approved,
                data=data_of(question, result) if approved else None,
                by=caller.token.name,
            )
        except (NotFoundError, ConflictError):  # another user has answered, or the run has ended
            return ""
        except UsageError as error:
            return f"{error}."
        return ""

    async def _known(self, run_id: str) -> str:
        return run_id

    def _cancel_later(self, task: "asyncio.Task[str]") -> None:
        """Cancel a run in a separate task: the caller is being cancelled itself."""
        cancelling = asyncio.create_task(self._cancel(task))
        self._cancelling.add(cancelling)
        cancelling.add_done_callback(self._cancelling.discard)

    async def _cancel(self, task: "asyncio.Task[str]") -> None:
        with suppress(ConflictError):  # it has just ended
            await self._workbench.runs.cancel(await task, by="the client")


def _key(context: Context) -> _CallKey:
    return _session(context), context.request_id


def _session(context: Context) -> str | None:
    """Return the session of a client over HTTP: each numbers its own requests."""
    return None if context.request is None else context.request.headers.get("mcp-session-id")


def _ends_with_its_stream(context: Context) -> bool:
    """Return whether a client aborts a call by closing the stream of its answer."""
    return context.request is not None and asks_by_result(context)
