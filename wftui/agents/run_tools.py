"""Tools for runs: status, steps, log, history, cancel."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from mcp_types import CallToolResult, Tool
from pydantic import Field

from wftui.agents.caller import AgentAccess
from wftui.agents.descriptions import own_tool
from wftui.agents.results import MOST_CHARACTERS, run_result, value_result
from wftui.agents.workflow_calls import Context, ToolResult, WorkflowCalls
from wftui.model.base import Json
from wftui.model.run.events import Log, LogSegment
from wftui.model.run.record import ExecutionStatus, steps_to_wire
from wftui.model.run.summary import ExecutionFilters
from wftui.model.text.commands import shown_command
from wftui.model.validated import ValidatedModel

_PAGE = 1000
_RunId = Annotated[str, Field(description="Id of the run, as returned when it was started.")]


class Status(ValidatedModel):
    """Arguments of `run_status`."""

    run: _RunId
    wait: Annotated[
        float, Field(ge=0, le=45, description="Seconds to wait for its end, or for a question to a person.")
    ] = 0


class RunSteps(ValidatedModel):
    """Arguments of `run_steps`."""

    run: _RunId
    step: Annotated[
        str | None, Field(description="Path of one step, such as build[3].fetch: only this step, with full values.")
    ] = None


class Logs(ValidatedModel):
    """Arguments of `run_logs`."""

    run: _RunId
    after: Annotated[int, Field(ge=0, description="`next` of the previous page.")] = 0
    limit: Annotated[int, Field(ge=1, le=1000, description="Most entries.")] = 200


class History(ValidatedModel):
    """Arguments of `run_history`."""

    workflow: Annotated[str | None, Field(description="Only runs of this workflow.")] = None
    status: Annotated[list[ExecutionStatus] | None, Field(description="Only of these statuses.")] = None
    text: Annotated[str | None, Field(description="Only runs with this text in ids, user or error.")] = None
    limit: Annotated[int, Field(ge=1, le=100, description="Most runs.")] = 20
    cursor: Annotated[str | None, Field(description="`next` of the previous page.")] = None


class Cancel(ValidatedModel):
    """Arguments of `run_cancel`."""

    run: _RunId


async def status(context: Context, calls: WorkflowCalls, caller: AgentAccess, asked: Status) -> ToolResult:
    """Return the state of a run, after a wait and its questions if asked."""
    run = await caller.run(asked.run)
    if asked.wait:
        return await calls.conduct(context, caller, run.id, asked.wait)
    return await run_result(caller.workbench, run.id)


async def steps(_context: Context, _calls: WorkflowCalls, caller: AgentAccess, asked: RunSteps) -> CallToolResult:
    """Return the steps of a run, or one step."""
    run = await caller.run(asked.run)
    if asked.step is None:
        found = (await caller.workbench.runs.record(run.id)).step_results
    else:
        found = await caller.workbench.runs.steps(run.id, [asked.step], whole=True)
    wire, left_out, size = [], 0, 0
    for value in steps_to_wire(found):
        size += len(str(value))
        if size > MOST_CHARACTERS and asked.step is None:
            left_out += 1
        else:
            wire.append(value)
    result: dict[str, Json] = {"run": run.id, "steps": wire}
    if left_out:
        result["leftOut"] = left_out
        result["next"] = "Ask for one of the others by its path."
    return value_result(result)


async def logs(_context: Context, _calls: WorkflowCalls, caller: AgentAccess, asked: Logs) -> CallToolResult:
    """Return log entries of a run."""
    run = await caller.run(asked.run)
    found, last = await log_page(caller, run.id, asked.after, asked.limit)
    return value_result({"run": run.id, "lines": found, "next": last})


async def history(_context: Context, _calls: WorkflowCalls, caller: AgentAccess, asked: History) -> CallToolResult:
    """Return runs, newest first."""
    filters = ExecutionFilters(workflow_id=asked.workflow, status=asked.status, text=asked.text)
    among = await caller.workflow_ids()
    page = await caller.workbench.runs.history(filters, limit=asked.limit, cursor=asked.cursor, among=among)
    return value_result({"runs": [run.to_wire() for run in page.executions], "next": page.next})


async def cancel(_context: Context, _calls: WorkflowCalls, caller: AgentAccess, asked: Cancel) -> CallToolResult:
    """Ask a run to cancel; its `finally` steps still run."""
    caller.require("run")
    run = await caller.run(asked.run)
    await caller.workbench.runs.cancel(run.id, by=caller.token.name)
    return value_result({"run": run.id, "cancelRequested": True, "next": "run_status tells when it has ended."})


async def log_page(
    caller: AgentAccess, run_id: str, after: int, limit: int
) -> tuple[list[dict[str, Json]], int | None]:
    """Return log entries after an event, and the event to continue after, if any."""
    found: list[dict[str, Json]] = []
    size = 0
    while page := await caller.workbench.runs.events(run_id, after=after, limit=_PAGE):
        for event in page:
            after = event.seq
            if isinstance(event, LogSegment):
                event = _note(event, caller.workbench.place)
            elif not isinstance(event, Log):
                continue
            found.append({"seq": event.seq, "level": event.level, "step": event.path, "message": event.message})
            size += len(event.message)
            if len(found) == limit or size > MOST_CHARACTERS:
                return found, after
    return found, None


def _note(segment: LogSegment, place: Sequence[str]) -> Log:
    """Return a log entry in place of a segment, which is too long for a page."""
    how = shown_command(["show", segment.run_id, "--logs", "--step", segment.path], place)
    where = {"seq": segment.seq, "run_id": segment.run_id, "timestamp": segment.timestamp, "path": segment.path}
    return Log.model_validate(
        {**where, "message": f"… {segment.lines:,} more lines; the user can read them with: {how}"}
    )


_Handle = Callable[[Context, WorkflowCalls, AgentAccess, Any], Awaitable[ToolResult]]


@dataclass(frozen=True, slots=True)
class OwnTool:
    """A tool of ours: what the client sees of it, its arguments and its function."""

    tool: Tool
    arguments: type[ValidatedModel]
    handle: _Handle


def own(
    name: str, title: str, description: str, arguments: type[ValidatedModel], handle: _Handle, *, changes: bool = False
) -> OwnTool:
    """Return a tool of ours; see `own_tool`."""
    return OwnTool(own_tool(name, title, description, arguments, changes=changes), arguments, handle)


RUN_TOOLS = {
    each.tool.name: each
    for each in (
        own(
            "run_status",
            "Status of a run",
            "Tells whether a run of a workflow has ended, with its outputs or its error, and how many steps have ended."
            " With `wait` it waits for the end first, so that you need not ask often.",
            Status,
            status,
        ),
        own(
            "run_steps",
            "Steps of a run",
            "Returns the input, output and error of each step of a run: to find out why it failed, or what a step"
            " returned. Big values are previews; ask for the step by its path to get them whole.",
            RunSteps,
            steps,
        ),
        own(
            "run_logs",
            "Log of a run",
            "Returns what the steps of a run have logged and printed, oldest first, in pages.",
            Logs,
            logs,
        ),
        own(
            "run_history",
            "Earlier runs",
            "Lists runs, newest first, also those that people started: id, workflow, status, times, error.",
            History,
            history,
        ),
        own(
            "run_cancel",
            "Cancel a run",
            "Cancels a run that has not ended. Work already done is not undone.",
            Cancel,
            cancel,
            changes=True,
        ),
    )
}
