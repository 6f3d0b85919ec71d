"""Endpoints of runs: start, look at, follow, cancel, answer, resume, rerun."""

import json
import re
from collections.abc import AsyncIterator, Sequence

from starlette.responses import Response, StreamingResponse

from wftui.api.bodies import (
    AnswerRequest,
    ComparisonQuery,
    Decision,
    EventsQuery,
    GroupsQuery,
    HistoryFilters,
    HistoryParameters,
    InputSchema,
    LogsQuery,
    NoQuery,
    Plan,
    RecordQuery,
    RerunBody,
    ResumeRequest,
    SearchQuery,
    StartRequest,
    StatisticsQuery,
    Steps,
    StoredEventsQuery,
    ValueQuery,
    WholeQuery,
)
from wftui.api.call import Call, json_response
from wftui.api.event_stream import ServerSentEvents
from wftui.api.problems import FieldError, ProblemError
from wftui.engine.restart.restart_plan import StepDecision
from wftui.model.run.record import TERMINAL, ExecutionRecord
from wftui.model.run.summary import ExecutionPage, RunCount, RunGroups

_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_LINES = "application/x-ndjson"


async def execute(call: Call) -> Response:
    """Start a run; `Idempotency-Key` makes the request safe to repeat."""
    asked = await call.body(StartRequest)
    workflow_id = call.workflow_id(asked.workflow_id)
    if asked.user_id not in (None, call.user):
        message = f"has to be the name of the token, {call.user!r}, or absent"
        raise ProblemError(
            422, "request.user", f"userId {message}", errors=[FieldError(pointer="/userId", message=message)]
        )
    call.require_running()
    invalid = await call.workbench.workflows.check_inputs(workflow_id, asked.inputs)
    if invalid:
        errors = [FieldError(pointer=f"/inputs{each['pointer']}", message=each["message"]) for each in invalid]
        raise ProblemError(422, "validation.inputs", "the inputs are not valid; nothing was started", errors=errors)
    key = call.request.headers.get("idempotency-key")
    run_id = await call.workbench.runs.start(
        workflow_id, asked.inputs, connections=asked.connections, pool=asked.pool, key=key, by=call.user
    )
    return await _started(call, run_id)


async def record(call: Call) -> Response:
    """Return a run with its steps; its ETag changes with every event."""
    asked = call.query(RecordQuery)
    if asked.at is not None:
        past = await call.workbench.records.at((await call.run()).id, asked.at)
        return json_response(past, headers={"Cache-Control": "no-cache"})
    form = "-whole" * asked.whole + "-head" * (not asked.steps)
    newest = await call.last_seq()
    etag = f'"{newest}{form}"'
    if etag in _known_etags(call):
        return Response(status_code=304, headers={"ETag": etag})
    key = (call.request.path_params["id"], form)
    body = call.state.answers.get(key, etag)
    if body is None:
        found = await call.record(whole=asked.whole, steps=asked.steps)
        if asked.steps:
            etag = f'"{found.last_seq}{form}"'
        else:  # its own number is that of the newest event that changes it
            found.last_seq = max(found.last_seq, newest)
        body = found.to_json().encode()
        call.state.answers.put(key, etag, body)
    return _json_body(body, etag)


async def summary(call: Call) -> Response:
    """Return a run as lists show it, with its process."""
    return json_response(await call.workbench.records.summary((await call.run()).id))


async def cancel(call: Call) -> Response:
    """Ask a run to cancel; a second request skips the grace period."""
    head = await call.run()
    await call.workbench.runs.cancel(head.id, by=call.user)
    return json_response(await call.workbench.runs.record(head.id), 202)


async def events(call: Call) -> Response:
    """Stream the events of a run: stored ones, then live, until it ends."""
    after = call.query(EventsQuery).after
    last = call.request.headers.get("last-event-id", "").strip()
    if last:
        if not re.fullmatch(r"\d{1,10}", last, re.ASCII):
            raise ProblemError(400, "request.event_id", "Last-Event-ID is not the number of an event")
        after = max(after, int(last))
    head = await call.run()
    if head.status in TERMINAL and after >= head.last_seq:
        return Response(status_code=204)  # an EventSource reconnects after any other end
    return ServerSentEvents(call.workbench.runs.follow(head.id, after, past_interruption=True), call.state)


async def history(call: Call) -> Response:
    """Return a page of runs, newest first."""
    etag = f'"{call.state.instance}-{await call.workbench.records.version()}"'
    covered = call.token.workflows
    key = (call.request.url.query, None if covered is None else tuple(covered))
    body = call.state.answers.get(key, etag)
    if body is None:
        page = await _page(call, call.query(HistoryParameters))
        body = json.dumps(page.to_wire(), ensure_ascii=False).encode()
        call.state.answers.put(key, etag, body)
    if etag in _known_etags(call):
        return Response(status_code=304, headers={"ETag": etag})
    return _json_body(body, etag)


async def _page(call: Call, asked: HistoryParameters) -> ExecutionPage:
    among = call.token.workflows if asked.parent_id is None else None
    if asked.parent_id is not None and not await call.sees_run(asked.parent_id):
        return ExecutionPage(executions=[])
    page = await call.workbench.runs.history(
        asked.filters(),
        limit=asked.limit,
        cursor=asked.cursor,
        sort=asked.sort,
        offset=asked.offset,
        among=among,
        fill=False,
    )
    if asked.parent_id is None:
        return page
    page.executions = [
        run for run in page.executions if run.parent_path is not None or call.token.sees(run.workflow_id)
    ]  # reruns may have another workflow
    return page


async def history_count(call: Call) -> Response:
    """Return how many runs match."""
    asked = call.query(HistoryFilters)
    runs = await call.workbench.runs.count(asked.filters(), among=await _among(call, asked))
    return json_response(RunCount(runs=runs))


async def history_groups(call: Call) -> Response:
    """Return the runs that match in groups, the biggest first."""
    asked = call.query(GroupsQuery)
    groups = await call.workbench.runs.groups(asked.filters(), asked.by, among=await _among(call, asked))
    return json_response(RunGroups(by=asked.by, groups=groups))


async def _among(call: Call, asked: HistoryFilters) -> Sequence[str] | None:
    """Return the workflows of the token; none if it does not see the parent run."""
    if asked.parent_id is not None and not await call.sees_run(asked.parent_id):
        return []
    return call.token.workflows


async def compare(call: Call) -> Response:
    """Compare two runs, step by step."""
    asked = call.query(ComparisonQuery)
    before, after = [await call.run_of(run_id) for run_id in (asked.before, asked.after)]
    return json_response(await call.workbench.comparisons.compare(before.id, after.id))


async def statistics(call: Call) -> Response:
    """Return success, durations, slow steps and frequent errors of a workflow."""
    asked = call.query(StatisticsQuery)
    workflow_id = call.workflow_id(asked.workflow_id) if asked.workflow_id is not None else None
    if workflow_id is None and call.token.workflows is not None:
        message = "has to name one of the workflows of the token"
        raise ProblemError(
            422,
            "request.invalid",
            f"workflowId {message}",
            errors=[FieldError(pointer="/workflowId", message=message)],
        )
    return json_response(await call.workbench.statistics.of(workflow_id, asked.since))


async def search(call: Call) -> Response:
    """Return the places at which runs have a text, as JSON lines, newest run first."""
    asked = call.query(SearchQuery)
    filters = asked.filters()

    async def lines() -> AsyncIterator[str]:
        left = asked.limit
        places = call.workbench.search.grep(asked.find, filters, where=asked.where or (), among=call.token.workflows)
        async for matches in places:
            yield "".join(f"{match.to_json()}\n" for match in matches[:left])
            left -= len(matches)
            if left <= 0:
                return

    return StreamingResponse(lines(), media_type=_LINES)


async def steps(call: Call) -> Response:
    """Return the step at an address, with the steps inside it."""
    whole = call.query(WholeQuery).whole
    head = await call.run()
    found = await call.workbench.runs.steps(head.id, [call.request.path_params["path"]], whole=whole)
    return json_response(Steps(steps=found))


async def value(call: Call) -> Response:
    """Return a big value of a run, by the hash in the reference to it."""
    offset = call.query(ValueQuery).offset
    head = await call.run()
    value_hash = call.request.path_params["hash"]
    if not _HASH.fullmatch(value_hash) or not await call.workbench.runs.holds_value(head.id, value_hash):
        raise ProblemError(404, "value.not_found", "the run has no such value")
    if offset is not None:
        text, following = await call.workbench.runs.value_text(head.id, value_hash, offset)
        more = {} if following is None else {"Next-Offset": str(following)}
        return Response(text, media_type="application/json", headers=more)

    async def parts() -> AsyncIterator[str]:
        place: int | None = 0
        while place is not None:
            text, place = await call.workbench.runs.value_text(head.id, value_hash, place)
            yield text

    return StreamingResponse(parts(), media_type="application/json", headers={"ETag": f'"{value_hash}"'})


async def logs(call: Call) -> Response:
    """Return the log lines of a run so far, each as one line of JSON."""
    asked = call.query(LogsQuery)
    if asked.until is not None and asked.until < asked.after:
        errors = [FieldError(pointer="/until", message="is before `after`")]
        raise ProblemError(422, "request.invalid", "the query is not valid: /until is before `after`", errors=errors)
    head = await call.run()

    async def lines() -> AsyncIterator[str]:
        async for page in call.workbench.records.logs(head.id, after=asked.after, until=asked.until):
            yield "".join(f"{event.to_json()}\n" for event in page)

    return StreamingResponse(lines(), media_type=_LINES)


async def stored_events(call: Call) -> Response:
    """Return a page of the events so far, as JSON lines; an empty one is the end."""
    asked = call.query(StoredEventsQuery)
    head = await call.run()
    page = await call.workbench.runs.events(head.id, after=asked.after, limit=asked.limit)
    return Response("".join(f"{event.to_json()}\n" for event in page), media_type=_LINES)


async def input_schema(call: Call) -> Response:
    """Return the schema of the inputs that a resume takes."""
    call.query(NoQuery)
    head = await call.run()
    schema = await call.workbench.runs.input_schema(head.id)
    return json_response(InputSchema(input_schema=dict(schema)))


async def rerun(call: Call) -> Response:
    """Start a new run with the inputs, and if asked the steps, of a run."""
    asked = await call.body(RerunBody)
    head = await call.run()
    call.workflow_id(head.workflow_id)
    call.require_running()
    run_id = await call.workbench.runs.rerun(
        head.id,
        asked.inputs,
        reuse=asked.reuse,
        from_step=asked.from_step,
        complete=asked.complete,
        connections=asked.connections,
        pool=asked.pool,
        confirmed=asked.confirmed,
        by=call.user,
    )
    return await _started(call, run_id)


async def rerun_plan(call: Call) -> Response:
    """Return which steps a rerun with `reuse` would keep or run, and why."""
    asked = await call.body(RerunBody)
    head = await call.run()
    call.workflow_id(head.workflow_id)
    decisions = await call.workbench.runs.plan_restart(
        head.id,
        asked.inputs,
        from_step=asked.from_step,
        complete=asked.complete,
        connections=asked.connections,
        pool=asked.pool,
    )
    return json_response(_plan(decisions))


async def resume(call: Call) -> Response:
    """Resume an interrupted run on this server."""
    asked = await call.body(ResumeRequest)
    head = await call.run()
    call.require_running()
    await call.workbench.runs.resume(head.id, asked.inputs, confirmed=asked.confirmed, by=call.user)
    return await _started(call, head.id)


async def resume_plan(call: Call) -> Response:
    """Return which steps a resume would keep or run, and why."""
    call.query(NoQuery)
    head = await call.run()
    plan = _plan(await call.workbench.runs.plan_resume(head.id))
    plan.left_running = await call.workbench.runs.left_running(head.id)
    return json_response(plan)


async def answer(call: Call) -> Response:
    """Answer the approval that a step waits for."""
    asked = await call.body(AnswerRequest)
    head = await call.run()
    await call.workbench.runs.answer(head.id, asked.path, approved=asked.approved, data=asked.data, by=call.user)
    return json_response(await call.workbench.runs.record(head.id))


def _json_body(body: bytes, etag: str) -> Response:
    return Response(body, headers={"ETag": etag, "Cache-Control": "no-cache"}, media_type="application/json")


def _known_etags(call: Call) -> list[str]:
    return call.request.headers.get("if-none-match", "").replace("W/", "").replace(",", " ").split()


async def _started(call: Call, run_id: str) -> Response:
    found: ExecutionRecord = await call.workbench.runs.record(run_id)
    return json_response(found, 202, {"Location": f"/api/workflows/execute/{run_id}"})


def _plan(decisions: list[StepDecision]) -> Plan:
    return Plan(steps=[Decision.model_validate(each.to_wire()) for each in decisions])
