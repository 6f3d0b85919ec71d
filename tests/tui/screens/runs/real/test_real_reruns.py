"""Reruns, resumption and runs of other processes in the monitor."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.app import App

from tui.notices import notices, titles
from tui.run_views import shows_end
from tui.screens.runs.real.gated import gated, run_elsewhere
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.screens.runs.rerun_plan import RerunPlanScreen
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Put = Callable[..., Path]


async def test_rerun_of_failed_steps_shows_the_plan_and_reuses_others(
    watch: Any, workbench: Workbench, put_workflow: Put, tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    steps = [
        {"id": "once", "type": "shell", "input": {"script": f"echo x >> '{tmp_path}/count'"}},
        {"id": "gate", "type": "shell", "needs": ["once"], "input": {"script": f"test -e '{tmp_path}/open'"}},
    ]
    put_workflow("gate", steps=steps)
    run_id = await workbench.runs.start("gate", {})
    async with watch(run_id) as (pilot, _):
        await until(pilot, lambda: shows_end(pilot.app) and "✗ failed" in text_of(pilot.app))
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
        await until(pilot, lambda: shows_end(pilot.app) and screen.is_painted)
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
        await until(pilot, lambda: shows_end(pilot.app))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(pilot.app.screen, RerunPlanScreen))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert len((await workbench.runs.history()).executions) == 1


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
        await until(pilot, lambda: "press u to resume; its process ended, l" in text_of(pilot.app))
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
