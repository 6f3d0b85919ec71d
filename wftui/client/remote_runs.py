"""Runs of a server."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence

from pydantic_core import from_json

from wftui.client.connection import Query, ServerConnection, part
from wftui.client.following import RunFollower
from wftui.client.reading import model, models
from wftui.client.remote_workflows import RemoteWorkflows, definition_path
from wftui.engine.restart.restart_plan import StepDecision
from wftui.model.base import Json
from wftui.model.errors import EmptyRunIdError, NotFoundError, RunNotFoundError, UsageError
from wftui.model.listing import AttentionItem, RecentInputs, WorkflowOutline
from wftui.model.run.actions import RunAction, run_actions
from wftui.model.run.event_json import read_event
from wftui.model.run.events import ExecutionEvent
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult, ValueRef
from wftui.model.run.summary import ExecutionFilters, ExecutionPage, GroupBy, RunCount, RunGroup, RunGroups, RunSort
from wftui.workbench.past_runs.run_selections import attention

RUN_ID = re.compile(r"[0-9a-z]{9}-[0-9a-z]{5}")
_PAGE = 200
_SUGGESTED = 5
_RECORD = model(ExecutionRecord)


class RemoteRuns:
    """`workbench.runs` of a server.

    Its user is the name of the token. Methods raise `NotFoundError` if the token sees no such run.
    """

    def __init__(self, connection: ServerConnection, workflows: RemoteWorkflows, follower: RunFollower) -> None:
        self._connection = connection
        self._workflows = workflows
        self._follower = follower

    async def start(
        self,
        workflow_id: str,
        inputs: Mapping[str, Json],
        *,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
        key: str | None = None,
        by: str | None = None,
    ) -> str:
        """Start a run on the server; return its id once it is recorded.

        Without a key it has a random one, by which a lost connection starts nothing twice.

        Raises:
            UsageError: inputs are not valid; nothing is recorded. Else as the local service.
        """
        body = {"workflowId": workflow_id, "inputs": dict(inputs), "connections": dict(connections or {}), "pool": pool}
        if by is not None:
            body["userId"] = by
        path, key = "/api/workflows/execute", key if key is not None else f"remote-{uuid.uuid4().hex}"
        return await self._connection.post(path, body, _id_of, **{"Idempotency-Key": _header(key)})

    async def rerun(
        self,
        run_id: str,
        inputs: Mapping[str, Json],
        *,
        reuse: bool,
        from_step: str | None = None,
        complete: bool = False,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
        confirmed: bool = False,
        by: str | None = None,
    ) -> str:
        """Rerun a workflow with the inputs of an earlier run; return the new run's id."""
        _refuse_other(by)
        body = _rerun_body(inputs, from_step, connections, complete=complete)
        body |= {"reuse": reuse, "confirmed": confirmed, "pool": pool}
        return await self._connection.post(f"{run_path(run_id)}/rerun", body, _id_of)

    async def plan_restart(
        self,
        run_id: str,
        inputs: Mapping[str, Json],
        *,
        from_step: str | None = None,
        complete: bool = False,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
    ) -> list[StepDecision]:
        """Return which steps `rerun` with `reuse` would reuse or run, and why."""
        body = {**_rerun_body(inputs, from_step, connections, complete=complete), "pool": pool}
        return await self._connection.post(f"{run_path(run_id)}/rerun/plan", body, _decisions)

    async def secrets_to_ask(self, run_id: str, *, resume: bool) -> tuple[WorkflowOutline, dict[str, Json]] | None:
        """Return the secret inputs to enter again before a resume or rerun."""
        from wftui.engine.primitives.secret_inputs import missing_secrets_form
        from wftui.model.schema.secret_schema import secret_pointers

        record = await self.head(run_id, whole=True)
        if resume:
            name = record.workflow_id
            outline = WorkflowOutline(id=name, name=name, input_schema=dict(await self.input_schema(run_id)))
        else:
            outline = await self._workflows.head(record.workflow_id)
        asked = missing_secrets_form(outline.input_schema, record.inputs, secret_pointers(outline.input_schema))
        return (outline.model_copy(update={"input_schema": asked[0]}), asked[1]) if asked else None

    async def input_schema(self, run_id: str) -> Mapping[str, Json]:
        """Return the input schema of a run's own plan, not of the current workflow."""
        path = f"{run_path(run_id)}/inputs/schema"
        return await self._connection.get(path, lambda value: dict(value["inputSchema"]))

    async def plan_resume(self, run_id: str) -> list[StepDecision]:
        """Return which steps `resume` would reuse or run, and why."""
        return await self._connection.get(f"{run_path(run_id)}/resume/plan", _decisions)

    async def left_running(self, run_id: str) -> list[str]:
        """Describe the orphan processes of an interrupted run on the server."""
        path = f"{run_path(run_id)}/resume/plan"
        return await self._connection.get(path, lambda value: [str(each) for each in value.get("leftRunning", [])])

    async def resume(
        self, run_id: str, inputs: Mapping[str, Json], *, confirmed: bool = False, by: str | None = None
    ) -> None:
        """Resume an interrupted run on the server; finished steps do not run again."""
        _refuse_other(by)
        await self._connection.post(
            f"{run_path(run_id)}/resume", {"inputs": dict(inputs), "confirmed": confirmed}, _id_of
        )

    async def cancel(self, run_id: str, *, by: str | None = None) -> None:
        """Request the cancellation of a run; a second request skips the grace period."""
        _refuse_other(by)
        await self._connection.send("DELETE", run_path(run_id))

    async def answer(self, run_id: str, path: str, *, approved: bool, data: Json = None, by: str | None = None) -> None:
        """Answer the approval that a step waits for."""
        _refuse_other(by)
        body = {"path": path, "approved": approved, "data": data}
        await self._connection.post(f"{run_path(run_id)}/answer", body, _id_of)

    @staticmethod
    def actions(record: ExecutionRecord) -> list[RunAction]:
        """Return the actions of a run; a disabled one has a reason."""
        return run_actions(record)

    async def wait(self, run_id: str) -> ExecutionRecord:
        """Wait for a run to end; return its record."""
        await self.until_end(run_id)
        return await self.record(run_id)

    async def until_end(self, run_id: str) -> None:
        """Wait until a run has ended or is interrupted."""
        last = (await self.head(run_id)).last_seq
        async for _ in self._follower.follow(run_id, last):
            pass

    async def follow(
        self, run_id: str, after: int = 0, *, despite_full: bool = False
    ) -> AsyncIterator[list[ExecutionEvent]]:
        """Yield a run's events in batches, stored ones first, then live, until it ends.

        A lost connection is replaced, and the stream continued by the numbers of its events.

        Args:
            despite_full: without effect: the server meets a full disk, and says so in the record.
        """
        run_path(run_id)
        async for batch in self._follower.follow(run_id, after):
            yield batch

    @staticmethod
    async def live_record(run_id: str) -> None:
        """Return None: its runs are those of the server."""

    async def record(self, run_id: str, *, whole: bool = False) -> ExecutionRecord:
        """Return the current record of a run, named as for `find`."""
        return await self._connection.get(run_path(await self.find(run_id)), _RECORD, {"whole": _flag(whole)})

    async def head(self, run_id: str, *, whole: bool = False) -> ExecutionRecord:
        """Return the record of a run without its steps."""
        query: Query = {"whole": _flag(whole), "steps": "false"}
        return await self._connection.get(run_path(await self.find(run_id)), _RECORD, query)

    async def steps(
        self, run_id: str, paths: Sequence[str], *, whole: bool = False, after: int = 0, until: int | None = None
    ) -> list[StepResult]:
        """Read the steps at some paths, each with the steps inside it.

        Args:
            after, until: without effect: the server finds them.

        Raises:
            NotFoundError: there is no step at any of the paths.
        """
        read = models(StepResult, "steps")

        async def at(path: str) -> list[StepResult]:
            place = f"{run_path(run_id)}/steps/{part(path, 'step')}"
            try:
                return await self._connection.get(place, read, {"whole": _flag(whole)})
            except NotFoundError as error:
                if error.code != "step.not_found":
                    raise
                return []

        found = {step.path: step for some in await asyncio.gather(*map(at, paths)) for step in some}
        if not found:
            raise NotFoundError(f"run {run_id} has no step {', '.join(paths)}", code="step.not_found")
        return [*found.values()]

    async def find(self, text: str) -> str:
        """Return the run id for a unique prefix or suffix of it, or `last`.

        Raises:
            NotFoundError: no run matches.
            UsageError: more than one run matches, or the text is empty.
        """
        wanted = text.strip().lower()
        if not wanted:
            raise EmptyRunIdError
        if RUN_ID.fullmatch(wanted):
            return wanted
        if wanted == "last":
            newest = (await self.history(ExecutionFilters(children=False), limit=1)).executions
            if not newest:
                raise NotFoundError("there are no runs yet", code="run.not_found")
            return newest[0].id
        matching = await self._matching(wanted)
        for ids in ([each for each in matching if each.startswith(wanted)], matching):
            if len(ids) == 1:
                return ids[0]
            if ids:
                shown = ", ".join(ids[:_SUGGESTED]) + (", …" if len(ids) > _SUGGESTED else "")
                raise UsageError(f"{text!r} matches more than one run: {shown}", code="usage.ambiguous")
        raise RunNotFoundError(text)

    async def _matching(self, wanted: str) -> list[str]:
        """Return ids that begin or end with a text, the newest first; some are enough."""
        found: list[str] = []
        cursor: str | None = None
        while True:
            page = await self.history(ExecutionFilters(text=wanted), limit=_PAGE, cursor=cursor)
            found += [run.id for run in page.executions if run.id.startswith(wanted) or run.id.endswith(wanted)]
            cursor = page.next
            if cursor is None or len(found) > _SUGGESTED:
                return found

    async def child_of(self, run_id: str, path: str) -> str | None:
        """Return the newest child run that a step started; None if there is none."""
        cursor: str | None = None
        while True:
            page = await self.history(ExecutionFilters(parent_id=run_id), limit=_PAGE, cursor=cursor)
            found = next((run.id for run in page.executions if run.parent_path == path), None)
            cursor = page.next
            if found is not None or cursor is None:
                return found

    async def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> list[ExecutionEvent]:
        """Return a page of a run's stored events, in order."""
        query = {"after": after, "limit": limit}
        pages = self._connection.pages(f"{run_path(run_id)}/events/stored", read_event, query)
        return [event async for page in pages for event in page]

    async def value(self, run_id: str, ref: ValueRef) -> Json:
        """Return a big value of a run."""
        answer = await self._connection.send("GET", _value_path(run_id, ref))
        return await asyncio.to_thread(from_json, answer.body)

    async def value_text(self, run_id: str, ref: ValueRef, offset: int = 0) -> tuple[str, int | None]:
        """Return a chunk of a big value's JSON and the next offset (None at the end)."""
        answer = await self._connection.send("GET", _value_path(run_id, ref), query={"offset": offset})
        following = answer.headers.get("next-offset")
        return answer.body.decode(), int(following) if following is not None else None

    async def history(
        self,
        filters: ExecutionFilters | None = None,
        *,
        limit: int = 50,
        cursor: str | None = None,
        sort: RunSort = "-started",
        offset: int = 0,
    ) -> ExecutionPage:
        """Return a page of runs, newest first unless sorted in another order."""
        query: Query = {**filters_query(filters), **({"sort": sort} if sort != "-started" else {})}
        page = ExecutionPage(executions=[], next=cursor)
        while len(page.executions) < limit:
            size = min(limit - len(page.executions), _PAGE)
            more: Query = {**query, "limit": size, "cursor": page.next, "offset": offset or None}
            found = await self._connection.get("/api/workflows/history", model(ExecutionPage), more)
            page = ExecutionPage(executions=page.executions + found.executions, next=found.next)
            offset = 0
            if page.next is None:
                break
        return page

    async def count(self, filters: ExecutionFilters | None = None) -> int:
        """Return the number of runs that match."""
        query = filters_query(filters)
        return (await self._connection.get("/api/workflows/history/count", model(RunCount), query)).runs

    async def groups(self, filters: ExecutionFilters | None, by: GroupBy) -> list[RunGroup]:
        """Return the runs that match in groups, the biggest first."""
        query: Query = {**filters_query(filters), "by": by}
        return (await self._connection.get("/api/workflows/history/groups", model(RunGroups), query)).groups

    async def recent_inputs(self, workflow_id: str, limit: int = 5) -> list[RecentInputs]:
        """Return the distinct inputs of recent runs, newest first."""
        path = f"{definition_path(workflow_id)}/inputs"
        return (await self._connection.get(path, models(RecentInputs, "inputs")))[:limit]

    async def attention(self, limit: int = 50) -> list[AttentionItem]:
        """Return runs that need attention: waiting approvals, interrupted and failed runs."""
        return await attention(self.history, limit)

    @staticmethod
    def running() -> list[str]:
        """Return no runs: those of a server do not depend on this process."""
        return []

    @staticmethod
    def time_of(run_id: str) -> None:
        """Return no time: the runs of a server are not in this process."""


def run_path(run_id: str) -> str:
    """Return the path of a run.

    Raises:
        NotFoundError: the id is not whole.
    """
    if not RUN_ID.fullmatch(run_id):
        raise RunNotFoundError(run_id)
    return f"/api/workflows/execute/{run_id}"


def filters_query(filters: ExecutionFilters | None) -> Query:
    """Return filters as parameters."""
    if filters is None:
        return {}
    values = filters.without_defaults()
    return {name: _flag(value) if isinstance(value, bool) else value for name, value in values.items()}


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _id_of(value: Json) -> str:
    return str(value["id"])


def _decisions(value: Json) -> list[StepDecision]:
    return [
        StepDecision(
            each["path"],
            each["action"],
            each["why"],
            each.get("pool"),
            each.get("items"),
            each.get("hadEnded"),
            tuple(each.get("effects") or ()),
            each.get("usual"),
        )
        for each in value["steps"]
    ]


def _rerun_body(
    inputs: Mapping[str, Json], from_step: str | None, connections: Mapping[str, str] | None, *, complete: bool
) -> dict[str, Json]:
    return {
        "inputs": dict(inputs),
        "fromStep": from_step,
        "complete": complete,
        "connections": dict(connections or {}),
    }


def _value_path(run_id: str, ref: ValueRef) -> str:
    return f"{run_path(run_id)}/values/{part(ref.hash, 'value')}"


def _header(key: str) -> str:
    if not key.isascii() or not key.isprintable() or key != key.strip():
        raise UsageError("the key of a run on a server consists of visible ASCII characters", code="run.key")
    return key


def _refuse_other(by: str | None) -> None:
    if by is not None:
        raise UsageError("on a server the user is the name of the token", code="request.user")
