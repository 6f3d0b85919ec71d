"""Runs with steps on workers, as the command line shows them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from helpers import Cli, write_workflow

from wftui.cli.standalone import main as standalone
from wftui.model.run.events import (
    Completed,
    Created,
    ExecutionEvent,
    Started,
    StepCompleted,
    StepMoved,
    StepStarted,
    StepTaken,
    StepWaiting,
)
from wftui.model.run.steps import StepInfo, Waiting
from wftui.store.execution_store import ExecutionStore
from wftui.workbench import Settings, Workbench

RUN = "01k9x2m4q-7hd3f"
BEGIN = datetime(2026, 11, 29, 12, tzinfo=UTC)


def at(seconds: float) -> dict[str, Any]:
    return {"run_id": RUN, "timestamp": BEGIN + timedelta(seconds=seconds)}


def of(path: str, seconds: float) -> dict[str, Any]:
    return {**at(seconds), "step_id": path, "path": path}


STEPS = [
    StepInfo(path=path, step_id=path, step_name=path, step_type="shell", pool="build") for path in ("fetch", "pack")
]
WAITING: list[ExecutionEvent] = [
    Created(**at(0), workflow_id="flow", steps=STEPS, pool="build"),
    Started(**at(0)),
    StepStarted(**of("fetch", 1), step_name="fetch", step_type="shell", pool="build"),
    StepWaiting(**of("fetch", 2), waiting=Waiting(reason="worker", pool="build")),
]
MOVED: list[ExecutionEvent] = [
    StepTaken(**of("fetch", 3), worker="w1"),
    StepMoved(**of("fetch", 4), from_="w1", to="w2"),
    StepMoved(**of("fetch", 5), from_="w2", to="w3"),
    StepCompleted(**of("fetch", 6), output=1, duration=5000, attempt=1),
]
LAST: list[ExecutionEvent] = [
    StepStarted(**of("pack", 6), step_name="pack", step_type="shell", pool="build"),
    StepTaken(**of("pack", 6), worker="w3"),
    StepCompleted(**of("pack", 7), output=1, duration=1000, attempt=1),
    Completed(**at(7), outputs={}, duration=7000),
]


def put(settings: Settings, *events: ExecutionEvent) -> None:
    """Store a run, as its process has left it."""

    async def store() -> None:
        opened = await ExecutionStore.open(settings.database)
        await opened.append(list(events), wait=True)
        await opened.close()

    asyncio.run(store())


def test_a_run_on_workers_says_which_and_which_were_lost(cli: Cli, settings: Settings) -> None:
    put(settings, *WAITING, *MOVED, *LAST)
    code, out, _ = cli("show", RUN)
    assert code == 0
    shown = {line.split()[1]: line for line in out.splitlines() if " build" not in line and len(line.split()) > 1}
    assert shown["fetch"].endswith("on w3, moved from w1, w2")
    assert shown["pack"].endswith("on w3")
    _, followed, _ = cli("watch", RUN)
    lines = [" ".join(line.split()) for line in followed.splitlines()]
    assert [line[2:] for line in lines if line[2:].startswith("fetch")][:3] == [
        "fetch waiting: no worker in pool build",
        "fetch moved to w2: w1 was lost",
        "fetch moved to w3: w2 was lost",
    ]
    record = json.loads(cli("show", RUN, "--json")[1])
    fetch, pack = record["stepResults"]
    assert (record["pool"], fetch["pool"], fetch["worker"], fetch["lostWorkers"]) == (
        "build",
        "build",
        "w3",
        ["w1", "w2"],
    )
    assert "lostWorkers" not in pack
    events = [json.loads(line) for line in cli("show", RUN, "--events")[1].splitlines()]
    moved = [(each["from"], each["to"]) for each in events if each["type"] == "step_moved"]
    assert moved == [("w1", "w2"), ("w2", "w3")]


def test_a_step_without_a_worker_says_so_until_it_has_one(cli: Cli, settings: Settings) -> None:
    put(settings, *WAITING)

    async def needs() -> list[tuple[str, list[str] | None]]:
        workbench = Workbench(settings)
        try:
            return [(item.kind, item.run.waiting_pools) for item in await workbench.runs.attention()]
        finally:
            await workbench.close()

    assert "waiting: no worker in pool build" in cli("show", RUN)[1]
    (row,) = json.loads(cli("history", "--json")[1])["executions"]
    assert (row["waitingPools"], row.get("waiting", False)) == (["build"], False)
    assert ("worker", ["build"]) in asyncio.run(needs())
    put(settings, MOVED[0])
    (row,) = json.loads(cli("history", "--json")[1])["executions"]
    assert "waitingPools" not in row


def test_what_is_not_the_name_of_a_pool_is_wrong_usage(cli: Cli) -> None:
    code, _, err = cli("run", "repo_health", "--pool", "Two Words")
    assert (code, "error[run.pool]" in err) == (2, True)


def test_a_compiled_workflow_runs_here_on_request(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    step = {"id": "a", "type": "shell", "pool": "build", "input": {"script": "echo hi", "parse": "lines"}}
    write_workflow(settings.tables, "flow", step, outputs={"said": "{{ steps.a.output.value }}"})
    plan = Workbench(settings).compiler().load("flow").plan
    assert standalone(plan, ["--pool", "here", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["outputs"], record["pool"]) == ({"said": ["hi"]}, "here")
    assert standalone(plan, []) == 1
    assert "the run cannot start: a: " in capsys.readouterr().err
    assert standalone(plan, ["--pool", "Two Words"]) == 2
    assert "error[run.pool]" in capsys.readouterr().err
