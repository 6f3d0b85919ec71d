from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.binding import Binding
from textual.containers import ScrollableContainer
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea
from textual.widgets._toast import Toast

from wftui.engine.restart.restart_plan import StepDecision
from wftui.tui.app import WftuiApp
from wftui.tui.exit_summary import ExitMode
from wftui.tui.screens.dialogs.help import HelpScreen
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.screens.runs.rerun_plan import RerunPlanScreen
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.tui.screens.workflows_screen import WorkflowsScreen
from wftui.tui.widgets.action_footer import ActionFooter
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.source.compilation_status import CompilationStatus
from wftui.tui.widgets.source.source_view import SourceView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]

ASKING: dict[str, Any] = {
    "inputSchema": {"type": "object", "properties": {"who": {"type": "string", "title": "Who"}}, "required": ["who"]},
    "steps": [{"id": "greet", "type": "set", "input": {"text": "Hello, {{ inputs.who }}!"}}],
    "outputs": {"greeting": "{{ steps.greet.output.text }}"},
}


def waiting(gate: Path) -> list[dict[str, Any]]:
    """Return steps that continue once a file exists."""
    return [
        {"id": "wait", "type": "shell", "input": {"script": f"while [ ! -e {gate} ]; do sleep 0.02; done"}},
    ]


async def ready(pilot: Pilot[Any], until: Until) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, WorkflowsScreen)
    await until(pilot, lambda: screen.is_loaded)


async def test_flow_1_save_and_run(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", name="Hello", **ASKING)
    app = WftuiApp(workbench)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot, until)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "Ready" in text_of(app))
        source = app.screen.query_one(SourceView)
        status = app.screen.query_one(CompilationStatus)
        source.change_to(source.text.replace("Hello, ", "Good day, "))
        seen: list[str] = []
        app.screen.watch(status, "compiling", lambda: seen.append(status.status_text), init=False)
        await pilot.press("f2")
        await until(pilot, lambda: seen == ["Compiling…", "Ready"])
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal))
        await pilot.press(*"Ada")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        await until(pilot, lambda: "completed" in text_of(app))
        await workbench.runs.wait(app.session_runs[0])
        record = await workbench.runs.record(app.session_runs[0])
        assert record.outputs == {"greeting": "Good day, Ada!"}
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))


async def test_a_workflow_without_questions_runs_at_once(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and app.session_runs)
        assert len(app.session_runs) == 1


async def test_workflow_with_errors_explains_why_it_cannot_run(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", steps=[{"id": "a", "type": "sett"}])
    app = WftuiApp(workbench)
    async with app.run_test(notifications=True) as pilot:
        await ready(pilot, until)
        await pilot.press("r")
        await until(pilot, lambda: "Run not started" in text_of(app))
        assert isinstance(app.screen, WorkflowsScreen)


async def test_failed_start_keeps_the_form(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", **ASKING)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal) and isinstance(app.focused, Input))
        await pilot.press(*"Ada")
        put_workflow("hello", **{**ASKING, "steps": [{"id": "a", "type": "sett"}]})
        await pilot.press("enter")
        await until(pilot, lambda: "hello does not compile" in text_of(app))
        assert isinstance(app.screen, RunInputModal)
        await until(pilot, lambda: "Ada" in text_of(app))
        put_workflow("hello", **ASKING)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and "completed" in text_of(app))
        assert len(app.session_runs) == 1


async def test_escape_in_the_run_form_runs_nothing(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("hello", **ASKING)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        assert (await workbench.runs.history()).executions == []


async def test_active_runs_are_in_the_title_of_every_screen(
    workbench: Workbench, put_workflow: Callable[..., Path], tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow("slow", steps=waiting(tmp_path / "gate"))
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await workbench.runs.start("slow", {})
        await until(pilot, lambda: "● 1 running" in text_of(app).splitlines()[0])
        assert app.session_runs == workbench.runs.running()
        (tmp_path / "gate").touch()
        await until(pilot, lambda: "running" not in text_of(app))
        await until(pilot, lambda: "✓ just now" in text_of(app) or "✓" in text_of(app).splitlines()[3])


async def test_failure_on_another_screen_is_reported(
    workbench: Workbench, put_workflow: Callable[..., Path], tmp_path: Path, until: Until, text_of: TextOf
) -> None:
    put_workflow(
        "bad", steps=[*waiting(tmp_path / "gate"), {"id": "a", "type": "shell", "input": {"script": "exit 3"}}]
    )
    app = WftuiApp(workbench)
    async with app.run_test(notifications=True) as pilot:
        await ready(pilot, until)
        await workbench.runs.start("bad", {})
        await until(pilot, lambda: app.session_runs)
        (tmp_path / "gate").touch()
        await until(pilot, lambda: "bad failed" in text_of(app))


async def test_key_cycles_through_runs_needing_attention(
    workbench: Workbench, put_workflow: Callable[..., Path], put_run: Callable[..., Awaitable[str]], until: Until
) -> None:
    put_workflow("hello")
    first = await put_run("hello", "failed", ago=20, error="one")
    second = await put_run("hello", "failed", ago=10, error="two")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        seen = []
        for _ in range(3):
            before = app.screen
            await pilot.press("exclamation_mark")
            await until(pilot, lambda before=before: app.screen is not before and isinstance(app.screen, MonitorScreen))
            assert isinstance(app.screen, MonitorScreen)
            seen.append(app.screen.run_id)
        assert seen == [second, first, second]
        # The walk leaves no trail of monitors behind it.
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))


async def test_leaving_without_runs_does_not_ask(workbench: Workbench, until: Until) -> None:
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await pilot.press("q")
        await until(pilot, lambda: app.return_value is ExitMode.DONE)


@pytest.mark.parametrize(
    ("key", "leaving"),
    [("escape", None), ("f", ExitMode.FINISH), ("c", ExitMode.CANCEL)],
    ids=["stay", "finish", "cancel"],
)
async def test_leaving_during_runs_asks(
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    tmp_path: Path,
    until: Until,
    text_of: TextOf,
    key: str,
    leaving: ExitMode | None,
) -> None:
    put_workflow("slow", steps=waiting(tmp_path / "gate"))
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await ready(pilot, until)
        await workbench.runs.start("slow", {})
        await pilot.press("q")
        await until(pilot, lambda: "1 run still active" in text_of(app))
        await pilot.press(key)
        if leaving is None:
            await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        else:
            await until(pilot, lambda: app.return_value is leaving)


async def test_start_opens_something_on_top(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))


@pytest.mark.parametrize(
    "theme", ["ansi-light", *(pytest.param(theme, marks=pytest.mark.slow) for theme in ("wftui-light", "nord"))]
)
async def test_every_screen_can_be_shown_in_every_kind_of_theme(
    workbench: Workbench, put_workflow: Callable[..., Path], theme: str, until: Until, text_of: TextOf
) -> None:
    put_workflow("hello", **ASKING)
    app = WftuiApp(workbench)
    app.theme = theme
    async with app.run_test(notifications=True) as pilot:
        await ready(pilot, until)
        await pilot.press("question_mark", "escape", "n", "escape", "delete", "escape", "ctrl+p", "escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "Ready" in text_of(app))
        await pilot.press("2", "x", "escape", "1", "3", "4", "5", "escape")
        await until(pilot, lambda: "unsaved changes" in text_of(app))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        await pilot.press("r", "x", "f5")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and "completed" in text_of(app))
        await until(pilot, lambda: not workbench.runs.running())
        await pilot.press("1", "2", "3", "4", "q")
        await until(pilot, lambda: app.return_value is ExitMode.DONE)


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
async def test_help_sentences_wrap_correctly(workbench: Workbench, until: Until, size: tuple[int, int]) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=size) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and app.screen.query_one(Static).size.height > 5)
        shown = app.screen.query_one(Static)
        lines = str(shown.content).split("\n")
        assert max(len(line) for line in lines) <= shown.size.width
        assert len(lines) == shown.size.height


@pytest.mark.parametrize(
    ("keys", "named", "toolkit"),
    [
        ("enter 2", "Redo the change last undone.", TextArea),
        ("r", "Set null.", Input),
        ("r tab", "Add an item.", ScrollableContainer),
        ("enter", "Show only what leads to the step and what follows it, or all.", ScrollableContainer),
    ],
    ids=["source", "field", "list of a form", "steps"],
)
async def test_help_names_our_keys_and_none_of_the_toolkit(
    keys: str,
    named: str,
    toolkit: type[Widget],
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    until: Until,
) -> None:
    who = {"type": ["string", "null"]}
    put_workflow("asks", inputSchema={"properties": {"who": who, "all": {"type": "array", "items": who}}})
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 60)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        await pilot.press(*keys.split(), "f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until(pilot, lambda: named in " ".join(str(app.screen.query_one(Static).content).split()))
        text = str(app.screen.query_one(Static).content)
        theirs = {
            each.description for each in toolkit.BINDINGS if isinstance(each, Binding) and " " in each.description
        }
        assert theirs
        assert not [each for each in theirs if each in text]


async def test_help_closes_by_the_key_that_opens_it(workbench: Workbench, until: Until) -> None:
    app = WftuiApp(workbench)
    app.take_keys({"app.help": ["f9"]})
    async with app.run_test() as pilot:
        for is_open in (True, False, True):
            await pilot.press("f9")
            await until(pilot, lambda is_open=is_open: isinstance(app.screen, HelpScreen) is is_open)


async def test_plan_keys_stay_visible_on_a_small_screen(workbench: Workbench, until: Until) -> None:
    decisions = [StepDecision(f"step_{number}", "run", "failed") for number in range(40)]
    app = WftuiApp(workbench)
    async with app.run_test(size=(40, 10)) as pilot:
        app.push_screen(RerunPlanScreen("Run again", decisions))
        await until(pilot, lambda: isinstance(app.screen, RerunPlanScreen) and app.screen.query(KeyLine))
        assert app.screen.query_one(KeyLine).region.bottom < 10


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_toasts_cover_neither_status_nor_footer(
    size: tuple[int, int], workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test(size=size, notifications=True) as pilot:
        app.open_editor("hello")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "Ready" in text_of(app))
        for _ in range(3):
            app.notify("a long sentence " * 10, severity="warning")
        await until(pilot, lambda: len(app.screen.query(Toast)) == 3 and "a long sentence" in text_of(app))
        covered = [
            each.region for each in (app.screen.query_one(CompilationStatus), app.screen.query_one(ActionFooter))
        ]
        for toast in app.screen.query(Toast):
            assert not any(toast.region.overlaps(region) for region in covered)
        assert "Ln 1, Col 1" in text_of(app)
