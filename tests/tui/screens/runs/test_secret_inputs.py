"""Secret inputs on screens: asked again for reruns, and never shown."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.widgets import Input

from tui.start_app import StartApp
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.screens.runs.rerun_plan import RerunPlanScreen
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.tui.widgets.command_line import CommandLine
from wftui.tui.widgets.picker import Picker
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Put = Callable[..., Path]

TOKEN = "tok-5f2d-secret"
INPUTS = {
    "type": "object",
    "properties": {
        "who": {"type": "string", "default": "world"},
        "token": {"type": "string", "format": "password", "title": "Token"},
        "db": {"type": "object", "properties": {"host": {"type": "string"}, "password": {"writeOnly": True}}},
    },
    "required": ["token"],
}


@pytest.fixture
async def workbench(tables: Path, tmp_path: Path) -> AsyncIterator[Workbench]:
    """A workbench with a running clock."""
    bench = Workbench(
        Settings(tables=tables, database=tmp_path / "runs.db", user_id="ada"), clock=lambda: datetime.now(UTC)
    )
    yield bench
    await bench.close(cancel=True)


def steps(folder: Path) -> list[dict[str, Any]]:
    return [
        {"id": "once", "type": "shell", "input": {"script": f"echo x >> '{folder}/count'"}},
        {
            "id": "gate",
            "type": "shell",
            "needs": ["once"],
            "input": {
                "script": f"test -e '{folder}/open'; echo $TOKEN@$HOST > '{folder}/seen'",
                "env": {"TOKEN": "{{ inputs.token }}", "HOST": "{{ inputs.db.host | default('none') }}"},
            },
        },
    ]


async def test_rerun_asks_only_for_secret_inputs(
    workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("guarded", inputSchema=INPUTS, steps=steps(tmp_path))
    run_id = await workbench.runs.start("guarded", {"token": TOKEN, "who": "Ann"})
    await workbench.runs.wait(run_id)
    (tmp_path / "open").touch()
    app = StartApp(workbench, start=lambda app: app.open_monitor(run_id))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "✗ failed" in text_of(app))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, RerunPlanScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal) and isinstance(app.focused, Input))
        shown = text_of(app)
        assert "never stored; enter them again" in shown
        assert "Token" in shown
        assert "who" not in shown, "what is stored is not asked"
        await pilot.press("enter")
        await until(pilot, lambda: "A value is required" in text_of(app))
        await pilot.press(*TOKEN)
        await until(
            pilot, lambda: f"wftui rerun {run_id} --from-failed -i token=…" in app.screen.query_one(CommandLine).command
        )
        assert TOKEN not in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and app.screen.run_id != run_id)
        second = app.screen
        assert isinstance(second, MonitorScreen)
        await until(pilot, lambda: second.state.record.status == "completed")
    assert (tmp_path / "seen").read_text() == f"{TOKEN}@none\n"
    assert (tmp_path / "count").read_text() == "x\n", "the first step was kept"
    assert second.state.record.inputs == {"token": "***", "who": "Ann"}


async def test_nested_secret_is_asked_with_known_values(
    workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("guarded", inputSchema={**INPUTS, "required": []}, steps=steps(tmp_path)[:1])
    run_id = await workbench.runs.start("guarded", {"db": {"host": "db.example", "password": TOKEN}})
    await workbench.runs.wait(run_id)
    asked = await workbench.runs.secrets_to_ask(run_id, resume=False)
    assert asked is not None
    outline, known = asked
    assert list(outline.input_schema["properties"]) == ["db"]
    assert known == {"db": {"host": "db.example", "password": "***"}}
    put_workflow("guarded", steps=steps(tmp_path)[:1])
    assert await workbench.runs.secrets_to_ask(run_id, resume=False) is None, "the workflow as it is now has no secrets"
    assert await workbench.runs.secrets_to_ask(run_id, resume=True), "the run goes on as it began"


async def test_closing_the_question_starts_nothing(
    workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("guarded", inputSchema=INPUTS, steps=steps(tmp_path))
    run_id = await workbench.runs.start("guarded", {"token": TOKEN})
    await workbench.runs.wait(run_id)
    app = StartApp(workbench, start=lambda app: app.open_monitor(run_id))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "✗ failed" in text_of(app))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, RerunPlanScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        assert len((await workbench.runs.history()).executions) == 1


async def test_interrupted_run_resumes_with_its_secret_inputs(
    workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    waits = {
        "script": f"echo begun; until [ -e '{tmp_path}/open' ]; do sleep 0.02; done; printf %s $T > '{tmp_path}/seen'"
    }
    put_workflow(
        "guarded",
        inputSchema=INPUTS,
        steps=[{"id": "gate", "type": "shell", "input": {**waits, "env": {"T": "{{ inputs.token }}"}}}],
    )
    places = ("--tables", str(workbench.settings.tables), "--db", str(workbench.settings.database))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "wftui", "run", "guarded", "-i", "token=env:TOK", "--events", *places),
        env={**os.environ, "TOK": TOKEN},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    run_id = json.loads(await process.stdout.readline())["executionId"]
    while b"begun" not in (line := await process.stdout.readline()):
        assert line, "it ended"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    (tmp_path / "open").touch()
    app = StartApp(workbench, start=lambda app: app.open_monitor(run_id))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "↯ interrupted" in text_of(app))
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, RerunPlanScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal) and isinstance(app.focused, Input))
        assert "again" in text_of(app)
        await pilot.press(*TOKEN, "enter")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        await until(pilot, lambda: "✓ completed" in text_of(app))
    assert (tmp_path / "seen").read_text() == TOKEN


async def test_saved_form_keeps_no_secret(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow(
        "left",
        inputSchema={
            "type": "object",
            "properties": {"token": {"type": "string", "writeOnly": True}, "who": {"type": "string"}},
        },
    )
    app = StartApp(workbench, start=lambda app: app.open_run_form("left"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunInputModal) and isinstance(app.focused, Input))
        await pilot.press(*TOKEN, "tab", *"Ann")
        await until(pilot, lambda: "Ann" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, RunInputModal))
        app.open_run_form("left")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal) and isinstance(app.focused, Input))
        await pilot.press("ctrl+r")
        await until(
            pilot, lambda: isinstance(app.screen, Picker) and "not run" in text_of(app) and "Ann" in text_of(app)
        )
        assert TOKEN not in text_of(app)
