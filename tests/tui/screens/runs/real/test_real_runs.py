"""The monitor over real workflows and processes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from helpers import has_ended
from textual import events
from textual.app import App
from textual.widgets import Input

from tui.run_views import shows_end
from tui.screens.runs.real.gated import gated, status_of
from wftui.tui.app import WftuiApp
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.widgets.run.approval_form import ApprovalForm
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Put = Callable[..., Path]


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
        await until(pilot, lambda: shows_end(pilot.app))
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
        await until(pilot, lambda: shows_end(pilot.app))
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
        await until(pilot, lambda: shows_end(pilot.app))
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
        await until(pilot, lambda: shows_end(pilot.app))
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
                before = len(screen.panes.results._lines.lines)
                await asyncio.sleep(0)
                most = max(most, len(screen.panes.results._lines.lines) - before)

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
        await until(pilot, lambda: shows_end(pilot.app))
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
        await until(pilot, lambda: shows_end(pilot.app))
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
