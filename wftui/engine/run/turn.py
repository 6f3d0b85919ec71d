"""Turn of a run in its concurrency group."""

import asyncio

from wftui.engine.primitives.cancellation import StopScope
from wftui.engine.primitives.conditions import evaluate, origin
from wftui.engine.run.state.run_context import RunContext
from wftui.model.base import Json
from wftui.model.run.events import Queued
from wftui.model.run.steps import ExecutionError
from wftui.runtime.language.json_kinds import kind_and_value
from wftui.runtime.plan import Bind
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import WorkflowError

_LONGEST_NAME = 200


async def take_turn(context: RunContext, scope: Scope, stop: StopScope) -> ExecutionError | None:
    """Wait until no other run of the run's concurrency group is ahead.

    Returns:
        The error of a run that does not wait, or None.

    Raises:
        WorkflowError: the group is not a text that can be shown.
        BindingError: the group cannot be evaluated.
        Stopped: the run was cancelled while it waited.
    """
    limit = context.plan.concurrency
    if limit is None:
        return None
    group = _name(await evaluate(limit.group, scope), limit.group, context)
    if group is None:
        return None
    if context.group_queue is None:
        return None  # `python workflow.py`: no database that it shares with other runs
    queue, shown = context.group_queue, 0
    ahead = await queue.enter(group)
    if ahead and limit.on_busy == "skip":
        message = f"run {ahead[0]} of the concurrency group {group} has not ended"
        return ExecutionError(type="concurrency.busy", message=message)
    asked: set[str] = set()
    while ahead:
        if len(ahead) != shown:
            shown = len(ahead)
            await _tell(context, group, shown, ahead[0])
        if limit.on_busy == "cancelRunning":
            for each in ahead:
                if each not in asked:
                    asked.add(each)
                    await stop.wait(asyncio.ensure_future(queue.cancel(each)))
        await stop.wait(asyncio.ensure_future(queue.wait_for(ahead[0])))
        ahead = await queue.ahead()
    if shown:
        await _tell(context, group, 0, None)
    return None


async def _tell(context: RunContext, group: str, place: int, behind: str | None) -> None:
    await context.emitter.emit(
        Queued(run_id=context.run_id, timestamp=context.now(), group=group, place=place, behind=behind)
    )


def _name(value: Json, bind: Bind, context: RunContext) -> str | None:
    """Return the name of a group; None for none.

    Raises:
        WorkflowError: it is not a text, is too long, or holds a secret.
    """
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > _LONGEST_NAME:
        message = f"the group must be null or a text of 1 to {_LONGEST_NAME} characters; it is {kind_and_value(value)}"
        raise WorkflowError("concurrency.group", message, origin=origin(bind))
    if context.emitter.redactor.redact(value) != value:
        raise WorkflowError("concurrency.group", "the group contains a secret, and its name is stored")
    return value
