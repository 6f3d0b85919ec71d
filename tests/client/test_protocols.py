"""The workbench's protocols: that of this machine and that of a server agree."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from api.api_server import BIG, GREET, GREET_SCHEMA
from helpers import patience, until, write_workflow

from client.conftest import over_http
from wftui.client.remote_workbench import RemoteWorkbench
from wftui.compiler.module_run import CompileFailed
from wftui.engine.restart.resume import ConfirmationNeeded
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.errors import ConflictError, NotFoundError, UsageError, UserError
from wftui.model.run.events import ExecutionEvent
from wftui.model.run.summary import ExecutionFilters, RunSort
from wftui.store.events.payloads import as_reference
from wftui.workbench import Workbench
from wftui.workbench.protocols import AnyWorkbench

NOBODY = "1m8kz5v3g-00000"


@pytest.fixture(params=["local", "remote"])
async def bench(request: pytest.FixtureRequest, owner: Workbench) -> AsyncIterator[AnyWorkbench]:
    if request.param == "local":
        yield owner
        return
    async with over_http(owner) as remote:
        yield remote


async def ended(bench: AnyWorkbench, workflow_id: str, inputs: dict[str, Json] | None = None) -> str:
    """The id of a run that has ended."""
    run_id = await bench.runs.start(workflow_id, inputs or {})
    async with patience():
        await bench.runs.until_end(run_id)
    return run_id


async def waiting(bench: AnyWorkbench, workflow_id: str = "asks") -> str:
    """The id of a run that waits for an approval."""
    run_id = await bench.runs.start(workflow_id, {})

    async with patience():
        async for batch in bench.runs.follow(run_id):
            if any(event.type == "step_waiting" for event in batch):
                break
    return run_id


async def followed(bench: AnyWorkbench, run_id: str, after: int = 0) -> list[ExecutionEvent]:
    async with patience():
        return [event async for batch in bench.runs.follow(run_id, after) for event in batch]


async def test_workflows(bench: AnyWorkbench, owner: Workbench) -> None:
    rows = await bench.workflows.all()
    assert rows == await owner.workflows.all()
    assert await bench.workflows.ids() == [row.id for row in rows]
    assert await bench.workflows.input_schema("greet") == GREET_SCHEMA
    assert (await bench.workflows.outline("greet")) == await owner.workflows.outline("greet")
    assert await bench.workflows.head("greet") == (await owner.workflows.outline("greet")).head()
    with pytest.raises(CompileFailed):
        await bench.workflows.head("broken")
    with pytest.raises(CompileFailed) as failed:
        await bench.workflows.outline("broken")
    assert failed.value.result.workflow_id == "broken"
    assert [error.code for error in failed.value.result.errors] == ["step.type"]
    for name in ("nothing", "../greet", "", ".."):
        with pytest.raises(UserError) as missing:
            await bench.workflows.outline(name)
        assert missing.value.code in ("workflow.not_found", "workflow.id")


async def test_a_run_from_its_start_to_its_report(bench: AnyWorkbench) -> None:
    run_id = await ended(bench, "greet", {"who": "Ada"})
    record = await bench.runs.record(run_id)
    assert (record.status, record.user_id, record.outputs) == ("completed", "ada", {"text": "Hello Ada"})
    assert record.inputs == {"who": "Ada", "times": 1}
    head = await bench.runs.head(run_id)
    assert (head.step_results, head.last_seq) == ([], record.last_seq)
    assert await bench.runs.wait(run_id) == record
    events = await followed(bench, run_id)
    assert [event.seq for event in events] == list(range(1, record.last_seq + 1))
    assert events == await bench.runs.events(run_id)
    assert await followed(bench, run_id, 3) == events[3:]
    assert await followed(bench, run_id, record.last_seq) == []
    assert await bench.runs.events(run_id, after=2, limit=1) == events[2:3]
    [step] = await bench.runs.steps(run_id, ["text"])
    assert step.output == {"text": "Hello Ada"}
    assert [step.path for step in await bench.runs.steps(run_id, ["text", "nothing"])] == ["text"]
    assert (await bench.records.at(run_id, 1)).status == "pending"
    opened = await bench.records.open(run_id, lambda _number, _total: None)
    assert opened.record == record
    assert [step.step_id for step in await bench.records.declared(run_id)] == ["text"]
    assert await bench.runs.live_record(run_id) is None
    assert opened.last_sign is not None
    # The lines of a log's segments come from a server only as a whole.
    assert await bench.records.opens_at_end(run_id) is isinstance(bench, RemoteWorkbench)
    assert (await bench.records.summary(run_id)).id == run_id
    assert [each.inputs for each in await bench.runs.recent_inputs("greet")] == [{"who": "Ada", "times": 1}]
    assert {action.id: action.enabled for action in bench.runs.actions(record)}["cancel"] is False


async def test_what_is_not_there(bench: AnyWorkbench) -> None:
    run_id = await ended(bench, "greet", {"who": "Ada"})
    for name in (NOBODY, "nothing", "../x", "%2e%2e"):
        for call in (bench.runs.record, bench.runs.head, bench.runs.find):
            with pytest.raises(NotFoundError) as missing:
                await call(name)
                await bench.runs.cancel(name)
            assert missing.value.code == "run.not_found"
        with pytest.raises(NotFoundError):
            await bench.runs.cancel(name)
        with pytest.raises(NotFoundError):
            await followed(bench, name)
        with pytest.raises(NotFoundError):
            await bench.records.summary(name)
    for path in ("nothing", "..", "a/b", "?x", "ä[3].b"):
        with pytest.raises(NotFoundError):
            await bench.runs.steps(run_id, [path])
    with pytest.raises(NotFoundError) as unasked:
        await bench.runs.answer(run_id, "text", approved=True)
    assert unasked.value.code == "approval.none"


async def test_runs_are_found_by_parts_of_their_ids(bench: AnyWorkbench) -> None:
    with pytest.raises(NotFoundError):
        await bench.runs.find("last")
    ids = [await ended(bench, "greet", {"who": "Ada"}) for _ in range(3)]
    assert await bench.runs.find("last") == ids[-1]
    assert await bench.runs.find(ids[0].upper()) == ids[0]
    assert await bench.runs.find(f" {ids[1][-5:]} ") == ids[1]
    assert (await bench.runs.record("last")).id == ids[-1]
    with pytest.raises(UsageError) as several:
        await bench.runs.find(ids[0][:3])
    assert several.value.code == "usage.ambiguous"
    assert all(run_id in str(several.value) for run_id in ids)


async def test_a_key_starts_one_run(bench: AnyWorkbench) -> None:
    first, again = [await bench.runs.start("greet", {"who": "Ada"}, key="monday") for _ in range(2)]
    assert first == again
    with pytest.raises(ConflictError) as other:
        await bench.runs.start("greet", {"who": "Grace"}, key="monday")
    assert other.value.code == "run.key"
    assert await bench.runs.start("greet", {"who": "Ada"}) != await bench.runs.start("greet", {"who": "Ada"})


async def test_an_approval_is_answered(bench: AnyWorkbench) -> None:
    run_id = await waiting(bench)
    assert [(item.run.id, item.kind) for item in await bench.runs.attention()] == [(run_id, "approval")]
    await bench.runs.answer(run_id, "ok", approved=True)
    async with patience():
        assert (await bench.runs.wait(run_id)).status == "completed"
    [answered] = [event for event in await bench.runs.events(run_id) if event.type == "step_answered"]
    assert getattr(answered, "by", None) == "ada"


async def test_a_run_is_cancelled_once(bench: AnyWorkbench) -> None:
    run_id = await waiting(bench)
    await bench.runs.cancel(run_id)
    async with patience():
        assert (await bench.runs.wait(run_id)).status == "cancelled"
    with pytest.raises(ConflictError) as ended:
        await bench.runs.cancel(run_id)
    assert ended.value.code == "run.ended"
    with pytest.raises(ConflictError):
        await bench.runs.resume(run_id, {})


async def test_a_rerun_keeps_what_its_plan_says(bench: AnyWorkbench) -> None:
    failed = await ended(bench, "fails")
    plan = await bench.runs.plan_restart(failed, {})
    assert [(each.path, each.action) for each in plan] == [("text", "keep"), ("boom", "run")]
    assert all(each.why for each in plan)
    new = await bench.runs.rerun(failed, {}, reuse=True)
    async with patience():
        record = await bench.runs.wait(new)
    assert (record.parent_id, record.status) == (failed, "failed")
    assert record.step_results[0].output == {"text": "kept"}
    with pytest.raises(NotFoundError):
        await bench.runs.plan_restart(failed, {}, from_step="nothing")
    other = await bench.runs.rerun(await ended(bench, "greet", {"who": "Ada"}), {"who": "Grace"}, reuse=False)
    async with patience():
        assert (await bench.runs.wait(other)).outputs == {"text": "Hello Grace"}


async def test_secret_inputs_are_asked_again(bench: AnyWorkbench) -> None:
    run_id = await ended(bench, "greet", {"who": "Ada", "pin": "hunter2-hunter2"})
    asked = await bench.runs.secrets_to_ask(run_id, resume=False)
    assert asked is not None
    assert [*asked[0].input_schema["properties"]] == ["pin"]
    with pytest.raises(UsageError) as missing:
        await bench.runs.rerun(run_id, {}, reuse=False)
    assert missing.value.code == "inputs.secret"
    assert await bench.runs.secrets_to_ask(await ended(bench, "asks_not"), resume=True) is None


@pytest.fixture(autouse=True)
def more_workflows(tmp_path: Path, owner: Workbench) -> None:
    write_workflow(tmp_path / "tables", "asks_not", GREET | {"input": {"text": "x"}})
    write_workflow(tmp_path / "tables", "grows", BIG, outputs={"big": "{{ steps.big.output }}"})


async def test_big_values_are_read_by_parts(bench: AnyWorkbench) -> None:
    run_id = await ended(bench, "grows")
    record = await bench.runs.record(run_id)
    reference = as_reference(record.step_results[0].output)
    assert reference is not None
    assert await bench.runs.value(run_id, reference) == ["ä" * 100] * 1000
    parts, offset = list[str](), 0
    while True:
        text, following = await bench.runs.value_text(run_id, reference, offset)
        parts.append(text)
        if following is None:
            break
        offset = following
    assert "".join(parts).count("ä") == 100_000
    assert (await bench.runs.record(run_id, whole=True)).outputs == {"big": ["ä" * 100] * 1000}
    assert (await bench.runs.head(run_id, whole=True)).outputs == {"big": ["ä" * 100] * 1000}
    [step] = await bench.runs.steps(run_id, ["big"], whole=True)
    assert step.output == ["ä" * 100] * 1000


async def test_children_and_logs(bench: AnyWorkbench) -> None:
    parent = await waiting(bench, "parent")
    child = await bench.runs.child_of(parent, "child")
    assert child is not None
    assert await bench.runs.child_of(parent, "other") is None
    assert (await bench.runs.head(child)).parent_id == parent
    await bench.runs.cancel(parent)
    talks = await waiting(bench, "talks")
    lines = [event async for page in bench.records.logs(talks) for event in page]
    assert [line for event in lines for line in event.message.splitlines()] == [f"line {n}" for n in range(400)]
    last = lines[-1].seq
    for after, last_one, expected in ((last - 1, last, lines[-1:]), (last, last + 9, []), (0, lines[0].seq, lines[:1])):
        pages = bench.records.logs(talks, after=after, until=last_one)
        assert [event async for page in pages for event in page] == expected


async def test_the_history_is_read_by_pages_and_filters(bench: AnyWorkbench) -> None:
    async with patience():
        while (before := await bench.records.version()) != await bench.records.version():
            pass  # a sign of life of the process came in between, one in ten seconds
    ids = [await ended(bench, name, inputs) for name, inputs in (("greet", {"who": "Ada"}), ("fails", {}))]
    assert await bench.records.version() != before
    page = await bench.runs.history(limit=1)
    assert ([run.id for run in page.executions], page.next is None) == ([ids[1]], False)
    assert [run.id for run in (await bench.runs.history(limit=1, cursor=page.next)).executions] == [ids[0]]
    assert [run.id for run in (await bench.runs.history(limit=700)).executions] == ids[::-1]
    now = utc_now()
    for filters, expected in [
        (ExecutionFilters(workflow_id="greet"), ids[:1]),
        (ExecutionFilters(status=["failed", "cancelled"]), ids[1:]),
        (ExecutionFilters(user_id="grace"), []),
        (ExecutionFilters(since=now - timedelta(hours=1), until=now + timedelta(hours=1)), ids[::-1]),
        (ExecutionFilters(until=now - timedelta(hours=1)), []),
        (ExecutionFilters(text="nothing left"), ids[1:]),
        (ExecutionFilters(error_type="stock"), ids[1:]),
        (ExecutionFilters(longer_than=3_600_000), []),
        (ExecutionFilters(children=False), ids[::-1]),
        (ExecutionFilters(parent_id=ids[0]), []),
        (ExecutionFilters(contains="hello ada"), ids[:1]),
        (ExecutionFilters(label="env=prod"), []),
    ]:
        assert [run.id for run in (await bench.runs.history(filters)).executions] == expected, filters
        assert await bench.runs.count(filters) == len(expected)
    with pytest.raises(UsageError):
        await bench.runs.history(cursor="nonsense")
    orders: list[tuple[RunSort, int, list[str]]] = [
        ("started", 0, ids),
        ("-workflow", 0, ids),
        ("started", 1, ids[1:]),
        ("status", -2, ids),
    ]
    for sort, offset, expected in orders:
        found = await bench.runs.history(sort=sort, offset=offset)
        assert [run.id for run in found.executions] == expected, (sort, offset)
    (group,) = await bench.runs.groups(None, "error")
    assert (group.value, group.message, group.runs, group.last_run) == ("stock.empty", "nothing left", 1, ids[1])
    (group,) = await bench.runs.groups(ExecutionFilters(contains="hello ada"), "status")
    assert (group.value, group.runs, group.last_run) == ("completed", 1, ids[0])
    invalid = ExecutionFilters(contains="re:(")
    for refused in (bench.runs.history(invalid), bench.runs.count(invalid), bench.runs.groups(invalid, "status")):
        with pytest.raises(UsageError):
            await refused


async def test_reports(bench: AnyWorkbench, owner: Workbench) -> None:
    first, second = [await ended(bench, "greet", {"who": who}) for who in ("Ada", "Grace")]
    comparison = await bench.comparisons.compare(first, second)
    assert comparison == await owner.comparisons.compare(first, second)
    assert await bench.comparisons.last_good(second) == first
    with pytest.raises(NotFoundError) as none:
        await bench.comparisons.last_good(first)
    assert none.value.code == "run.no_last_good"
    with pytest.raises(NotFoundError):
        await bench.comparisons.compare(first, NOBODY)
    for workflow_id in ("greet", None):
        since = utc_now() - timedelta(days=1)
        figures = await bench.statistics.of(workflow_id, since)
        assert figures.total.runs == 2
        assert figures.workflow_id == workflow_id


async def test_text_is_searched(bench: AnyWorkbench) -> None:
    run_id = await ended(bench, "greet", {"who": "Ada"})

    async def places(text: str, *where: str, filters: ExecutionFilters | None = None) -> list[tuple[str, str]]:
        found = bench.search.grep(text, filters or ExecutionFilters(), where=where)
        return sorted({(match.run_id, match.where) for matches in [page async for page in found] for match in matches})

    assert await places("hello ada", "output") == [(run_id, "output")]
    assert {where for _, where in await places("Ada")} >= {"inputs", "input", "output", "outputs"}
    assert await places("ada", "log") == []
    assert await places("Ada", filters=ExecutionFilters(workflow_id="asks")) == []
    assert await places("nothing of the kind") == []


async def test_work_that_may_be_done_already_is_confirmed(
    bench: AnyWorkbench, owner: Workbench, tmp_path: Path
) -> None:
    """The output of `one` holds a secret, so that it is not stored."""
    schema = {"type": "object", "properties": {"pin": {"type": "string", "writeOnly": True, "format": "secret"}}}
    one = {
        "id": "one",
        "type": "python",
        "input": {"code": "def main(x):\n    return x", "args": {"x": "{{ inputs.pin }}"}},
    }
    two = {"id": "two", "type": "fail", "input": {"type": "stock.empty", "message": "{{ steps.one.output }}"}}
    write_workflow(tmp_path / "tables", "masks", one, two, inputSchema=schema)
    pin = {"pin": "hunter2-hunter2"}
    run_id = await ended(bench, "masks", pin)
    with pytest.raises(ConfirmationNeeded) as needed:
        await bench.runs.rerun(run_id, pin, reuse=True)
    assert needed.value.paths == ["one"]
    assert re.search("one: completed, but the output held a secret", str(needed.value))
    await bench.runs.rerun(run_id, pin, reuse=True, confirmed=True)
    await until(lambda: not owner.runs.running())


async def test_the_server_names_what_only_its_machine_has(bench: AnyWorkbench, owner: Workbench) -> None:
    if bench.server is None:
        assert bench.local is owner
        return
    with pytest.raises(UserError) as refused:
        _ = bench.local
    assert refused.value.code == "remote.local"
    assert bench.server in str(refused.value)
