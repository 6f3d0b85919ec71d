"""The monitor over real workflows and processes."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from helpers import has_ended
from textual import events
from textual.app import App
from textual.widgets import Input

from tui.notices import notices, titles
from tui.start_app import StartApp
from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.screens.runs.rerun_plan import RerunPlanScreen
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.tui.widgets.run.approval_form import ApprovalForm
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Put = Callable[..., Path]


@pytest.fixture
async def workbench(tables: Path, tmp_path: Path) -> Any:
    """A workbench with a running clock: retries are real here."""
    bench = Workbench(
        Settings(tables=tables, database=tmp_path / "runs.db", user_id="ada"), clock=lambda: datetime.now(UTC)
    )
    yield bench
    await bench.close(cancel=True)


@pytest.fixture
def watch(workbench: Workbench, until: Until) -> Callable[..., Any]:
    """Return `watch(run_id, size)`, the monitor of a run."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def opened(run_id: str, size: tuple[int, int] = (80, 24)):  # type: ignore[no-untyped-def]
        app = StartApp(workbench, start=lambda app: app.open_monitor(run_id))
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
            yield pilot, app.screen

    return opened


def gated(tmp_path: Path, *names: str) -> list[dict[str, Any]]:
    """Return a chain of shell steps, each of which waits for a file of its name."""
    return [
        {
            "id": name,
            "type": "shell",
            "name": f"Step {name}",
            "needs": list(names[:number][-1:]),
            "input": {
                "script": f"echo {name} begins; until [ -e '{tmp_path}/{name}' ]; do sleep 0.02; done; echo {name} ends"
            },
        }
        for number, name in enumerate(names)
    ]


def status_of(screen: MonitorScreen, path: str) -> str:
    step = screen.state.record.step(path)
    return step.status if step is not None else "unknown"


async def test_ac_b_3_monitor_shows_progress(
    watch: Any, workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("gated", steps=gated(tmp_path, "first", "second"), outputs={"done": "{{ 1 + 1 }}"})
    run_id = await workbench.runs.start("gated", {})
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: "● running" in text_of(pilot.app) and "0 of 2 · Step first" in text_of(pilot.app))
        assert status_of(screen, "second") == "pending"
        (tmp_path / "first").touch()
        await until(pilot, lambda: "1 of 2 · Step second" in text_of(pilot.app))
        await until(pilot, lambda: "✓ Step first" in text_of(pilot.app))
        (tmp_path / "second").touch()
        ended = ("✓ completed", "2 of 2", '"done": 2')
        await until(pilot, lambda: all(text in text_of(pilot.app) for text in ended))
        await pilot.press("2")
        await until(pilot, lambda: "second ends" in text_of(pilot.app))


async def test_ac_b_4_canvas_highlights_the_current_step(
    watch: Any, workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("gated", steps=gated(tmp_path, "first", "second"))
    run_id = await workbench.runs.start("gated", {})
    async with watch(run_id) as (pilot, _screen):
        await pilot.press("4")
        await until(pilot, lambda: "● Step first" in text_of(pilot.app) and "○ Step second" in text_of(pilot.app))
        (tmp_path / "first").touch()
        await until(pilot, lambda: "✓ Step first" in text_of(pilot.app) and "● Step second" in text_of(pilot.app))
        (tmp_path / "second").touch()
        await until(pilot, lambda: "✓ Step second" in text_of(pilot.app))


async def test_ac_b_6_cancel_from_the_screen_stops_a_real_process(
    watch: Any, workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    marker = tmp_path / "pid"
    script = f"sleep 600 & echo $! > '{marker}'; wait"
    put_workflow("sleeper", steps=[{"id": "sleep", "type": "shell", "input": {"script": script}}])
    run_id = await workbench.runs.start("sleeper", {})
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: marker.exists() and marker.read_text().strip())
        process = psutil.Process(int(marker.read_text()))
        await pilot.press("c")
        await until(pilot, lambda: "Cancel this run" in text_of(pilot.app))
        await pilot.press("escape")
        assert process.is_running()
        await pilot.press("c")
        await until(pilot, lambda: "Cancel this run" in text_of(pilot.app))
        await pilot.press("c")
        await until(pilot, lambda: screen.state.ended)
        await until(pilot, lambda: "■ cancelled" in text_of(pilot.app))
        await until(pilot, lambda: has_ended(process))
        assert status_of(screen, "sleep") == "cancelled"


async def test_ac_b_6_second_cancel_abandons_a_stuck_step(
    watch: Any, workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until
) -> None:
    marker = tmp_path / "pid"
    script = f"trap '' TERM; echo $$ > '{marker}'; while :; do sleep 0.05; done"
    put_workflow("stubborn", steps=[{"id": "stay", "type": "shell", "input": {"script": script}}])
    run_id = await workbench.runs.start("stubborn", {})
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: marker.exists() and marker.read_text().strip())
        process = psutil.Process(int(marker.read_text()))
        await pilot.press("c")
        await pilot.pause()
        await pilot.press("c")
        await until(pilot, lambda: screen.state.record.cancel_requested)
        await pilot.press("c")
        await until(pilot, lambda: screen.state.ended)
        await until(pilot, lambda: has_ended(process))


async def test_flow_1_run_is_watched_to_its_results(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    steps = [
        {"id": "greet", "type": "set", "input": {"text": "Hello, {{ inputs.name }}"}},
        {
            "id": "shout",
            "type": "shell",
            "needs": ["greet"],
            "input": {"argv": ["echo", "{{ steps.greet.output.text }}!"]},
        },
    ]
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    put_workflow("hello", inputSchema=schema, steps=steps, outputs={"said": "{{ steps.shout.output.stdout }}"})
    run_id = await workbench.runs.start("hello", {"name": "Ada"})
    async with watch(run_id, (120, 40)) as (pilot, screen):
        await until(pilot, lambda: screen.state.ended)
        await until(pilot, lambda: "Hello, Ada!" in text_of(pilot.app))
        assert screen.state.record.status == "completed"
        assert screen.panes.pane == "results"


async def test_approval_on_the_screen_continues_the_run(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    steps = [
        {"id": "ask", "type": "approval", "input": {"prompt": "Really go on?"}},
        {"id": "after", "type": "set", "needs": ["ask"], "input": {"ok": "{{ steps.ask.output.approved }}"}},
    ]
    put_workflow("asks", steps=steps, outputs={"ok": "{{ steps.after.output.ok }}"})
    run_id = await workbench.runs.start("asks", {})
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: "Really go on?" in text_of(pilot.app) and "waiting for you" in text_of(pilot.app))
        await pilot.press("a")
        await until(pilot, lambda: screen.state.record.status == "completed")
        assert screen.state.record.outputs == {"ok": True}
        await until(pilot, lambda: "Really go on?" not in text_of(pilot.app).split("1 Steps")[0])


async def test_approval_form_reports_missing_fields(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    form = {
        "type": "object",
        "properties": {"ticket": {"type": "string", "title": "Ticket", "minLength": 3}, "level": {"type": "integer"}},
        "required": ["ticket"],
    }
    steps = [{"id": "ask", "type": "approval", "input": {"prompt": "Really go on?", "form": form}}]
    put_workflow("asks", steps=steps, outputs={"data": "{{ steps.ask.output.data }}"})
    run_id = await workbench.runs.start("asks", {})
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: "Ticket" in text_of(pilot.app))
        await pilot.press("1", "a")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        assert screen.state.record.status == "running"
        for key in "OPS-7\t2":  # as over a slow line: all at once
            pilot.app.post_message(events.Key("tab" if key == "\t" else key, key))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: screen.state.record.status == "completed")
        assert screen.state.record.outputs == {"data": {"ticket": "OPS-7", "level": 2}}


async def test_a_failed_step_of_a_real_run_shows_its_error_and_log(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    steps = [{"id": "break", "type": "shell", "input": {"script": "echo it breaks >&2; exit 3"}}]
    put_workflow("breaks", steps=[steps[0] | {"id": "crack"}])
    run_id = await workbench.runs.start("breaks", {})
    async with watch(run_id, (120, 40)) as (pilot, screen):
        await until(pilot, lambda: "✗ failed" in text_of(pilot.app))
        await until(pilot, lambda: screen.panes.timeline.selected.path == "crack")
        await until(pilot, lambda: "it breaks" in text_of(pilot.app))
        assert "3" in screen.state.record.error.message


async def test_rerun_of_failed_steps_shows_the_plan_and_reuses_others(
    watch: Any, workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    steps = [
        {"id": "once", "type": "shell", "input": {"script": f"echo x >> '{tmp_path}/count'"}},
        {"id": "gate", "type": "shell", "needs": ["once"], "input": {"script": f"test -e '{tmp_path}/open'"}},
    ]
    put_workflow("gate", steps=steps)
    run_id = await workbench.runs.start("gate", {})
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: screen.state.ended and "✗ failed" in text_of(pilot.app))
        (tmp_path / "open").touch()
        await pilot.press("R")
        await until(pilot, lambda: isinstance(pilot.app.screen, RerunPlanScreen))
        text = text_of(pilot.app)
        assert "Rerun from the failed steps" in text
        assert "✓ reuse once" in text
        assert "● run   gate" in text
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MonitorScreen) and pilot.app.screen.run_id != run_id)
        second = pilot.app.screen
        await until(pilot, lambda: second.state.record.status == "completed")
        assert second.state.record.parent_id == run_id
        assert (tmp_path / "count").read_text() == "x\n"


async def test_plan_is_shown_and_run_for_edited_inputs(
    watch: Any, workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    steps = [
        {"id": "once", "type": "shell", "input": {"script": f"echo x >> '{tmp_path}/count'"}},
        {"id": "greet", "type": "set", "input": {"text": "{{ inputs.who }} {{ inputs.more | default('alone') }}"}},
    ]
    asked = {"type": "object", "properties": {"who": {"type": "string"}, "more": {"type": "string"}}}
    put_workflow("greet", inputSchema=asked, steps=steps, outputs={"said": "{{ steps.greet.output.text }}"})
    run_id = await workbench.runs.start("greet", {"who": "Ann", "more": "and Bob"})
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: screen.state.ended and screen.is_painted)
        screen.panes.timeline.select("greet")
        await until(pilot, lambda: screen.panes.timeline.selected.path == "greet")
        await pilot.press("R")
        await until(pilot, lambda: isinstance(pilot.app.screen, RerunPlanScreen))
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunInputModal) and "and Bob" in text_of(pilot.app))
        await pilot.press(*"Eve", "tab", "ctrl+u", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RerunPlanScreen))
        reported = "Starts a new run with other inputs: 1 step to run, 1 reused"
        await until(pilot, lambda: reported in text_of(pilot.app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MonitorScreen) and pilot.app.screen.run_id != run_id)
        second = pilot.app.screen
        await until(pilot, lambda: second.state.record.status == "completed")
        assert second.state.record.inputs == {"who": "Eve"}, "what was taken out stays out"
        assert second.state.record.outputs == {"said": "Eve alone"}
        assert second.state.record.parent_id == run_id
        assert (tmp_path / "count").read_text() == "x\n"


async def test_closing_the_plan_starts_nothing(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    put_workflow("hello")
    run_id = await workbench.runs.start("hello", {})
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: screen.state.ended)
        await pilot.press("R")
        await until(pilot, lambda: isinstance(pilot.app.screen, RerunPlanScreen))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert len((await workbench.runs.history()).executions) == 1


async def run_elsewhere(workbench: Workbench, workflow_id: str, until_shown: bytes) -> asyncio.subprocess.Process:
    """Run a workflow by the command line in another process, until its log has a line."""
    places = ("--tables", str(workbench.settings.tables), "--db", str(workbench.settings.database))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wftui", "run", workflow_id, "--events", *places, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    while until_shown not in (line := await process.stdout.readline()):
        assert line
    return process


async def test_run_of_another_process_is_watched_and_cancelled(
    watch: Any, workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("gated", steps=gated(tmp_path, "first", "second"))
    process = await run_elsewhere(workbench, "gated", b"first begins")
    async with watch(await workbench.runs.find("last")) as (pilot, screen):
        await until(pilot, lambda: "0 of 2 · Step first" in text_of(pilot.app))
        (tmp_path / "first").touch()
        await until(pilot, lambda: "1 of 2 · Step second" in text_of(pilot.app))
        await pilot.press("c")
        await until(pilot, lambda: "Cancel this run" in text_of(pilot.app))
        await pilot.press("c")
        await until(pilot, lambda: screen.state.record.status == "cancelled")
    await process.communicate()
    assert process.returncode == 130


async def test_interrupted_run_resumes(
    watch: Any, workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("gated", steps=gated(tmp_path, "first", "second"))
    (tmp_path / "first").touch()
    process = await run_elsewhere(workbench, "gated", b"second begins")
    run_id = await workbench.runs.find("last")
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: "● running" in text_of(pilot.app))
        process.kill()
        await process.wait()
        await until(pilot, lambda: "↯ interrupted" in text_of(pilot.app))
        await until(pilot, lambda: "its process ended, last seen" in text_of(pilot.app))
        await until(pilot, lambda: "was running when its process ended" in text_of(pilot.app))
        (tmp_path / "second").touch()
        await pilot.press("u")
        await until(pilot, lambda: "reuse first  completed before" in text_of(pilot.app))
        assert "run   second  was running when the process ended; runs again" in text_of(pilot.app)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert screen.state.record.status == "interrupted"
        await pilot.press("u")
        await until(pilot, lambda: isinstance(pilot.app.screen, RerunPlanScreen))
        await pilot.press("enter")
        await until(pilot, lambda: screen.state.record.status == "completed")


async def test_an_awaited_run_is_announced_again_after_an_interruption(
    watch: Any, workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until
) -> None:
    """An interruption is an end, announced once; a resumed run has another."""
    gate = tmp_path / "gate"
    script = f"echo waits; until [ -e '{gate}' ]; do sleep 0.02; done; exit 3"
    put_workflow("gated", steps=[{"id": "wait", "type": "shell", "input": {"script": script}}])
    process = await run_elsewhere(workbench, "gated", b"waits")
    async with watch(await workbench.runs.find("last")) as (pilot, screen):
        await until(pilot, lambda: screen.state.is_known)
        await pilot.press("B")
        await until(pilot, lambda: "The bell rings when this run ends." in notices(pilot.app))
        process.kill()
        await process.wait()
        await until(pilot, lambda: "gated interrupted" in titles(pilot.app))
        await workbench.runs.resume(screen.run_id, {}, confirmed=True)
        await until(pilot, lambda: screen.run_id in pilot.app.session_runs)
        await pilot.press("escape")
        gate.touch()
        await until(pilot, lambda: "gated failed" in titles(pilot.app))
        assert titles(pilot.app).count("gated failed") == 1


async def test_log_line_opens_its_step_by_key(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    steps = [
        {"id": name, "type": "shell", "needs": needs, "input": {"script": f"echo {name} says so"}}
        for name, needs in (("first", []), ("second", ["first"]))
    ]
    put_workflow("talks", steps=steps)
    run_id = await workbench.runs.start("talks", {})
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: screen.state.ended)
        lines = screen.panes.log_view.lines
        await until(pilot, lambda: len(lines) == 2)
        assert [lines.line(number).text for number in range(len(lines))] == ["first says so", "second says so"]
        await pilot.press("2", "end", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        source = pilot.app.screen.query_one(SourceView)
        await until(pilot, lambda: source.text)
        begins = source.text.splitlines().index('      "id": "second",') - 1
        await until(pilot, lambda: source.cursor_location[0] == begins)


@pytest.mark.slow
@pytest.mark.parametrize("number", [50_000, pytest.param(500_000, marks=pytest.mark.slow)])
async def test_an_output_of_megabytes_never_freezes_the_screen(
    number: int, watch: Any, workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    """Opening and scrolling such a value formats some thousand lines at a time."""
    from tui.run_events import completed

    story = completed(outputs={"rows": [*("x" * 90 for _ in range(number)), "the last"]})
    await (await workbench.store()).append(story.events, wait=True)
    story.events.clear()
    async with watch(story.run_id) as (pilot, screen):
        most = 0

        async def take_turns() -> None:
            nonlocal most
            while True:
                before = screen.panes.results.rows
                await asyncio.sleep(0)
                most = max(most, screen.panes.results.rows - before)

        taking_turns = asyncio.create_task(take_turns())
        await until(pilot, lambda: screen.panes.results.rows > 100)
        await pilot.press("3", "end")
        await until(pilot, lambda: "the last" in text_of(pilot.app))
        taking_turns.cancel()
        assert 0 < most <= 5_000
        assert json.dumps(screen.state.record.outputs)[:12] == '{"$value": "'


async def test_storage_failure_stays_visible(
    watch: Any, workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("gated", steps=gated(tmp_path, "first"))
    run_id = await workbench.runs.start("gated", {})
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: "first begins" in text_of(pilot.app))
        await until(pilot, lambda: run_id in pilot.app.session_runs)
        await (await workbench.store()).close()  # as if the disk were gone
        (tmp_path / "first").touch()
        await until(pilot, lambda: f"run {run_id} cannot be recorded" in text_of(pilot.app).splitlines()[2])
        assert screen.run_id in pilot.app.unrecorded


async def test_results_shown_at_the_end_take_focus(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("long", outputs={"rows": "{{ range(100) | list }}"})
    run_id = await workbench.runs.start("long", {})
    await workbench.runs.wait(run_id)
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: '"rows"' in text_of(pilot.app))
        await pilot.press("end")
        await until(pilot, lambda: " 99" in text_of(pilot.app))
        await pilot.press("F")
        await until(pilot, lambda: screen.panes.timeline.has_focus and "No failed steps." in text_of(pilot.app))


async def test_run_without_outputs_is_described(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("quiet")
    run_id = await workbench.runs.start("quiet", {})
    async with watch(run_id) as (pilot, _screen):
        await until(pilot, lambda: "The workflow has no outputs." in text_of(pilot.app))


async def test_waiting_approval_is_shown_until_answered(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    form = {"type": "object", "properties": {"ticket": {"type": "string"}, "note": {"type": "string"}}}
    asks = {"prompt": "Go on?", "form": form, "timeout": "1h"}
    put_workflow("asks", steps=[{"id": "ask", "type": "approval", "input": asks}])
    run_id = await workbench.runs.start("asks", {})
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: "1 waiting for you" in text_of(pilot.app) and " left)" in text_of(pilot.app))
        asked = screen.query_one(ApprovalForm)
        await until(pilot, lambda: len(asked.query(Input)) == 2)
        asked.query(Input).first().focus()
        await pilot.press("down", "x")
        await until(pilot, lambda: [field.value for field in asked.query(Input)] == ["", "x"])
        await pilot.press("enter", "enter")
        await until(pilot, lambda: screen.state.record.status == "completed")
        await until(pilot, lambda: "waiting for you" not in text_of(pilot.app))


async def test_sub_workflow_run_opens_from_its_step_and_returns(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("inner", outputs={"said": "{{ steps.greet.output.text }}"})
    call = {"id": "call", "type": "workflow", "input": {"workflow": "inner", "inputs": {}}}
    put_workflow("outer", steps=[{"id": "first", "type": "set", "input": {"x": 1}}, call])
    run_id = await workbench.runs.start("outer", {})
    await workbench.runs.wait(run_id)
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: screen.state.ended)
        await pilot.press("1", "home")
        await until(pilot, lambda: screen.why_not("monitor.child") == "the selected step runs no workflow")
        await pilot.press("end", "o")
        await until(pilot, lambda: pilot.app.screen is not screen and "step call of" in text_of(pilot.app))
        child = pilot.app.screen.run_id
        await pilot.press("b")
        await until(pilot, lambda: pilot.app.screen is screen)
        pilot.app.push_screen(MonitorScreen(child))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)


async def test_parent_run_opens_at_the_calling_step(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until
) -> None:
    put_workflow("inner")
    call = {"id": "call", "type": "workflow", "input": {"workflow": "inner", "inputs": {}}}
    put_workflow("outer", steps=[{"id": "first", "type": "set", "input": {"x": 1}}, call])
    run_id = await workbench.runs.start("outer", {})
    await workbench.runs.wait(run_id)
    child = await workbench.runs.child_of(run_id, "call")
    assert await workbench.runs.child_of(run_id, "first") is None
    async with watch(child) as (pilot, screen):
        await until(pilot, lambda: screen.state.ended)
        await pilot.press("b")
        await until(pilot, lambda: pilot.app.screen is not screen)
        above = pilot.app.screen
        assert above.run_id == run_id
        await until(pilot, lambda: above.panes.timeline.selected and above.panes.timeline.selected.path == "call")


async def test_log_search_from_the_end_wraps_and_shown_lines_are_copied(
    watch: Any, workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("counts", steps=[{"id": "count", "type": "shell", "input": {"script": "seq 1 400 | sed s/^/no/"}}])
    run_id = await workbench.runs.start("counts", {})
    await workbench.runs.wait(run_id)
    async with watch(run_id) as (pilot, screen):
        await until(pilot, lambda: len(screen.panes.log_view.lines) == 400)
        await pilot.press("2", "slash", *"no12", "enter")
        view = screen.panes.log_view
        await until(pilot, lambda: view.hits == 11 and view.line_at(view.cursor).text == "no12")
        await pilot.press("n")
        await until(pilot, lambda: view.line_at(view.cursor).text == "no120")
        await pilot.press("t", *"no39", "enter")
        await until(pilot, lambda: view.shown == 11)
        await pilot.press("ctrl+y")
        await until(pilot, lambda: pilot.app.clipboard.split("\n")[:2] == ["no39", "no390"])


async def test_the_title_line_says_that_a_big_workflow_starts(
    workbench: Workbench, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("big", steps=[{"id": f"s{number}", "type": "set", "input": {"n": number}} for number in range(1_000)])
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        app.open_run_form("big")
        await until(pilot, lambda: "starting big…" in text_of(app))
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        assert "starting big" not in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, MonitorScreen))
        assert "starting big" not in text_of(app)
