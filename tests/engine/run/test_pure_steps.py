"""Steps that only compute: their ends are on disk before any effect."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from engine.engine_plans import Open, chain, constant, step, workflow
from wftui.model.run.events import ExecutionEvent, StepCompleted
from wftui.model.run.record import ExecutionRequest
from wftui.runtime.plan import ForEachPlan
from wftui.steps.registry.step_registry import builtin_registry
from wftui.store.execution_store import ExecutionStore

COUNT = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
    "print(c.execute('SELECT count(*) FROM events WHERE type IN (4, 13)').fetchone()[0])"
)
"""Prints how many ends of steps and items are on disk."""


def counting(id: str, database: Path, **fields: object) -> dict[str, object]:
    argv = [sys.executable, "-c", COUNT, str(database)]
    return {"id": id, "type": "shell", "input": {"argv": argv, "parse": "json"}, **fields}


def test_the_ends_of_pure_steps_are_on_disk_when_another_step_starts(tmp_path: Path) -> None:
    database = tmp_path / "runs.db"
    steps = [
        {"id": "a", "type": "set", "input": {"n": 1}},
        {"id": "b", "type": "set", "input": {"n": "{{ steps.a.output.n + 1 }}"}},
        counting("first", database, needs=["b"]),
        {"id": "c", "type": "set", "forEach": {"in": "range(30)"}, "needs": ["first"], "input": {"n": "{{ item }}"}},
        counting("second", database, needs=["c"]),
        {"id": "d", "type": "assert", "needs": ["second"], "input": {"that": "{{ steps.first.output.value == 2 }}"}},
    ]
    outputs = {"first": "{{ steps.first.output.value }}", "second": "{{ steps.second.output.value }}"}
    source = tmp_path / "tables" / "workflows" / "flow" / "workflow.json"
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps({"format": 1, "id": "flow", "steps": steps, "outputs": outputs}))
    words = ["--tables", str(tmp_path / "tables"), "--db", str(database), "run", "flow", "--json"]
    done = subprocess.run([sys.executable, "-m", "wftui", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["outputs"] == {"first": 2, "second": 34}
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM events WHERE type IN (4, 13)").fetchone() == (36,)


def test_only_steps_that_compute_are_pure() -> None:
    assert {kind.word for kind in builtin_registry().types() if kind.pure} == {"assert", "set"}


async def test_only_the_ends_of_pure_steps_are_not_awaited(
    open_executor: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: dict[str, bool] = {}
    append = ExecutionStore.append

    async def noted(store: ExecutionStore, events: Sequence[ExecutionEvent], *, wait: bool) -> list[ExecutionEvent]:
        waited.update({event.path: wait for event in events if isinstance(event, StepCompleted)})
        return await append(store, events, wait=wait)

    monkeypatch.setattr(ExecutionStore, "append", noted)
    plan = workflow(
        *chain(
            step("pure"),
            step("once", idempotent=False),
            step("each", for_each=ForEachPlan(items=constant([1]))),
            step("work", "work"),
        )
    )
    executor = await open_executor({"w": plan}, work=lambda _input, _context: 1)
    assert (await executor.execute(ExecutionRequest(workflow_id="w"))).status == "completed"
    assert waited == {"pure": False, "once": True, "each": True, "work": True}
