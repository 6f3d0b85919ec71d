"""Pools in a run: what is recorded, what the preflight check says, and `--pool`."""

from pathlib import Path
from typing import Any

import pytest
from helpers import patience, write_workflow

from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.model.clock import utc_now
from wftui.model.errors import ConflictError, UsageError
from wftui.model.run.actions import UNRESOLVED
from wftui.model.run.events import Created, Interrupted, Log, Started, StepStarted, StepWaiting
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepInfo
from wftui.steps.api.requirements import missing_workers
from wftui.store.execution_store import ExecutionStore
from wftui.workbench import Settings, Workbench

ADDRESS = "postgresql://nobody@localhost:1/none"

SHELL: dict[str, Any] = {"id": "sh", "type": "shell", "pool": "build", "input": {"script": "echo hi"}}
SUM = {"id": "sum", "type": "set", "input": {"said": "{{ steps.sh.output.stdout }}"}}
GONE = {"id": "gone", "type": "shell", "pool": "build", "input": {"argv": ["no-such-program"]}}


async def end_of(workbench: Workbench, run_id: str) -> ExecutionRecord:
    async with patience():
        await workbench.runs.wait(run_id)
    return await workbench.runs.record(run_id, whole=True)


async def run_to_end(workbench: Workbench, pool: str | None = None) -> ExecutionRecord:
    return await end_of(workbench, await workbench.runs.start("flow", {}, pool=pool))


async def pools_of(workbench: Workbench, record: ExecutionRecord) -> dict[str, str | None]:
    """The pool of each step, by path: the same in the record and in its events."""
    events = await workbench.runs.events(record.id)
    created = events[0]
    assert isinstance(created, Created)
    assert created.pool == record.pool
    listed = {each.path: each.pool for each in created.steps}
    started = {each.path: each.pool for each in events if isinstance(each, StepStarted)}
    found = {each.path: each.pool for each in record.step_results}
    assert {path: found[path] for path in listed} == listed
    assert {path: found[path] for path in started} == started
    return found


def test_password_of_the_workers_is_not_in_a_traceback() -> None:
    assert "secret" not in repr(EngineSettings(workers="postgresql://me:secret@localhost/jobs"))


async def test_steps_in_pools_without_a_server_are_one_error_before_the_run(workbench: Workbench, tables: Path) -> None:
    write_workflow(tables, "flow", SHELL, SUM, {**SHELL, "id": "more", "onError": "continue"})
    missing = missing_workers(None)
    assert missing is not None
    record = await run_to_end(workbench)
    assert record.error is not None
    assert (record.status, record.error.type, record.started_at) == ("failed", UNRESOLVED, None)
    (only,) = record.error.details["missing"]
    assert (only["steps"], only["type"], only["command"]) == (["sh", "more"], missing.code, missing.command)
    source = await workbench.workflows.read("flow")
    result = await workbench.workflows.check("flow", source.text)
    (told,) = (each for each in result.warnings if each.code.startswith("workers."))
    assert (told.code, told.severity, told.location.step_id) == (missing.code, "warning", "sh")
    assert told.message == f"runs do not start: {missing.sentence}"


async def test_here_runs_everything_in_this_process_and_needs_no_server(workbench: Workbench, tables: Path) -> None:
    write_workflow(tables, "flow", SHELL, SUM, pool="other")
    record = await run_to_end(workbench, "here")
    assert (record.status, record.pool) == ("completed", "here")
    assert await pools_of(workbench, record) == {"sh": None, "sum": None}


async def test_what_a_step_in_a_pool_needs_is_not_looked_for_here(tables: Path, tmp_path: Path) -> None:
    write_workflow(tables, "flow", GONE)
    workbench = Workbench(Settings(tables=tables, database=tmp_path / "db", workers=ADDRESS))
    try:
        source = await workbench.workflows.read("flow")
        result = await workbench.workflows.check("flow", source.text)
        missing = missing_workers(ADDRESS)
        assert [each.code for each in result.warnings] == ([] if missing is None else [missing.code])
        record = await run_to_end(workbench, "here")
        assert record.error is not None
        assert [each["type"] for each in record.error.details["missing"]] == ["not_found"]
    finally:
        await workbench.close()


async def test_cancelling_an_interrupted_run_reports_that_no_worker_was_notified(tables: Path, tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "db")
    at: dict[str, Any] = {"run_id": "01k9x2m4q-7hd3f", "timestamp": utc_now()}
    infos = [StepInfo(path="sh", step_id="sh", step_name="sh", step_type="shell", pool="build")]
    begun = Created(workflow_id="flow", plan=await store.put_plan("{}", ""), steps=infos, **at)
    await store.append([begun, Started(**at), Interrupted(**at)], wait=True)
    await store.release(begun.run_id)
    await store.close()
    workbench = Workbench(Settings(tables=tables, database=tmp_path / "db", workers=ADDRESS))
    try:
        await workbench.runs.cancel(begun.run_id)
        assert (await end_of(workbench, begun.run_id)).status == "cancelled"
        logs = [each.message for each in await workbench.runs.events(begun.run_id) if isinstance(each, Log)]
        assert [each for each in logs if each.startswith("its steps on workers may continue: ")]
    finally:
        await workbench.close()


async def test_a_chosen_pool_moves_what_can_move_and_is_kept_by_reruns_and_children(
    workbench: Workbench, tables: Path
) -> None:
    write_workflow(tables, "child", {**SHELL, "pool": "build"})
    write_workflow(
        tables,
        "flow",
        {**SHELL, "pool": "here"},
        {"id": "call", "type": "workflow", "input": {"workflow": "child"}},
        {
            "id": "group",
            "type": "group",
            "steps": [{"id": "inner", "type": "shell", "input": {"script": "true"}}, {"id": "x", "type": "set"}],
        },
        {**SUM, "id": "each", "forEach": {"in": "[1, 2]"}},
    )
    record = await run_to_end(workbench, "gpu")
    pools = await pools_of(workbench, record)
    assert pools == {"sh": "gpu", "call": None, "group": None, "group.inner": "gpu", "group.x": None, "each": None}
    here = await run_to_end(workbench, "here")
    assert here.status == "completed"
    (child_id,) = {
        each.waiting.child_id for each in await workbench.runs.events(here.id) if isinstance(each, StepWaiting)
    }
    assert child_id is not None
    child = await workbench.runs.record(child_id)
    assert (child.pool, await pools_of(workbench, child)) == ("here", {"sh": None})
    again = await end_of(workbench, await workbench.runs.rerun(here.id, {}, reuse=False))
    assert (again.status, again.pool) == ("completed", "here")
    moved = await end_of(workbench, await workbench.runs.rerun(here.id, {}, reuse=True, from_step="call", pool="gpu"))
    assert (moved.pool, (await pools_of(workbench, moved))["group.inner"]) == ("gpu", "gpu")


@pytest.mark.parametrize("name", ["Build", "", "two words", "a" * 64, "-x"])
async def test_what_is_not_the_name_of_a_pool_starts_nothing(workbench: Workbench, tables: Path, name: str) -> None:
    write_workflow(tables, "flow", SUM | {"input": {}})
    before = await run_to_end(workbench)
    for reuse in (False, True):
        with pytest.raises(UsageError, match="not the name of a pool"):
            await workbench.runs.rerun(before.id, {}, reuse=reuse, pool=name)
    with pytest.raises(UsageError) as refused:
        await run_to_end(workbench, name)
    assert (refused.value.code, refused.value.exit_code) == ("run.pool", 2)
    assert len((await workbench.runs.history()).executions) == 1


async def test_a_start_key_is_for_one_pool(workbench: Workbench, tables: Path) -> None:
    write_workflow(tables, "flow", SUM | {"input": {}})
    first = await workbench.runs.start("flow", {}, pool="here", key="k")
    assert await workbench.runs.start("flow", {}, pool="here", key="k") == first
    for other in (None, "gpu"):
        with pytest.raises(ConflictError, match="pool"):
            await workbench.runs.start("flow", {}, pool=other, key="k")
    await end_of(workbench, first)


async def test_the_plan_of_a_rerun_names_the_pools_it_would_use(workbench: Workbench, tables: Path) -> None:
    write_workflow(tables, "flow", SHELL, SUM, {**SHELL, "id": "last", "pool": "gpu"})
    before = await run_to_end(workbench, "here")

    async def planned(pool: str | None) -> list[tuple[str, str, str | None]]:
        found = await workbench.runs.plan_restart(before.id, {}, from_step="sum", pool=pool)
        return [(each.path, each.action, each.pool) for each in found]

    assert await planned(None) == [("sh", "keep", None), ("sum", "run", None), ("last", "run", None)]
    assert await planned("build") == [("sh", "keep", None), ("sum", "run", None), ("last", "run", "build")]
    with pytest.raises(UsageError):
        await planned("Not a name")
    (sentence,) = [
        each.note for each in await workbench.runs.plan_restart(before.id, {}, from_step="last", pool="x") if each.pool
    ]
    assert sentence.endswith("; in pool x")
