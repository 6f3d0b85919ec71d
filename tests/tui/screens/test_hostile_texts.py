"""No text controls the terminal, hides or becomes markup, on any screen or dialog."""

import asyncio
import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import run_to_end
from hostile.hostile_texts import ALL, INVISIBLE, fill_workspace
from textual import events
from textual.app import App
from textual.screen import Screen
from textual.widgets import Input, TextArea

import wftui.tui.screens
from tui.conftest import settle
from wftui.engine.restart.restart_plan import StepDecision
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.errors import UserError
from wftui.model.forms.building import form_of
from wftui.model.forms.state import build_form
from wftui.model.run.events import ExecutionEvent, Log, StepStarted
from wftui.model.run.summary import ExecutionFilters
from wftui.tui.actions import APP_ACTIONS, Action
from wftui.tui.app import WftuiApp
from wftui.tui.screens.connections.connection_form import ConnectionForm
from wftui.tui.screens.connections.secrets_screen import SecretForm
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.screens.dialogs.diff import DiffScreen, diff_lines
from wftui.tui.screens.dialogs.jump import JumpScreen
from wftui.tui.screens.dialogs.paste import PasteScreen
from wftui.tui.screens.dialogs.progress import ProgressScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.screens.editor.trial_screen import TrialScreen
from wftui.tui.screens.editor.workflow_form import RunFormPreview, WorkflowForm
from wftui.tui.screens.history.cleanup import CleanupScreen
from wftui.tui.screens.runs.events_screen import EventsScreen
from wftui.tui.screens.runs.rerun_plan import RerunPlanScreen
from wftui.tui.screens.runs.value_screen import ValueScreen
from wftui.tui.screens.runs.value_table_screen import ValueTableScreen
from wftui.tui.screens.screen_registry import make_screen
from wftui.tui.screens.step_types_screen import TrustScreen
from wftui.tui.widgets.path_prompt import PathPrompt
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.schema_form.editors.text_editor import TextEditor
from wftui.tui.widgets.value.table_rows import TableRows
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]
SIZE = (120, 40)
SCHEMA: Json = {"type": "object", "properties": {"text": {"type": "string", "title": ALL, "description": ALL}}}


async def nothing(_values: dict[str, Json]) -> None:
    """Take the values of a form."""


async def no_text(*_: object) -> tuple[str, int | None]:
    return ALL, None


async def hostile_events(after: int, limit: int) -> list[ExecutionEvent]:
    """Two events whose texts are hostile."""
    begun: ExecutionEvent = StepStarted(
        run_id=ALL, timestamp=utc_now(), seq=1, path=ALL, step_id=ALL, step_name=ALL, input={ALL: ALL}
    )
    line: ExecutionEvent = Log(run_id=ALL, timestamp=utc_now(), seq=2, message=ALL, level="info", path=ALL)
    return [begun, line][after : after + limit]


def show(app: WftuiApp, screen: Screen[Any]) -> None:
    app.push_screen(screen)


def show_file(app: WftuiApp, run_id: str) -> None:
    """Show a run from a file with a hostile name."""

    async def export_and_show() -> None:
        name = ALL.replace("/", "").replace("\0", "").encode(errors="ignore").decode()[:40]
        path = app.workbench.settings.database.parent / f"{name}.wfrun"
        await app.workbench.local.transfer.export(run_id, path)
        app.open_screen("run_file", path)

    app.run_worker(export_and_show())


Open = Callable[[WftuiApp, dict[str, str]], object]
"""Opens a place, given the ids of the last run of each workflow."""

SCREENS: dict[str, Open] = {
    "workflows": lambda app, _: None,
    "editor": lambda app, _: app.open_editor("evil"),
    "editor of a step": lambda app, _: app.open_editor("evil", "value"),
    "editor of a broken file": lambda app, _: app.open_editor("broken"),
    "editor of no JSON": lambda app, _: app.open_editor("no_json"),
    "editor of half a pair": lambda app, _: app.open_editor("half"),
    "history": lambda app, _: app.open_history(),
    "history of a workflow": lambda app, _: app.open_history(ALL),
    "statistics": lambda app, _: app.open_screen("statistics", "evil"),
    "comparison": lambda app, runs: app.open_screen("comparison", runs["evil"], runs["needy"]),
    "search": lambda app, _: app.open_screen("search", ExecutionFilters(), ALL),
    "monitor": lambda app, runs: app.open_monitor(runs["evil"]),
    "monitor of a question": lambda app, runs: app.open_monitor(runs["evil"], "ask"),
    "monitor of a run that asks": lambda app, runs: app.open_monitor(runs["asks"]),
    "monitor of a run that lacks something": lambda app, runs: app.open_monitor(runs["needy"]),
    "run file": lambda app, runs: show_file(app, runs["evil"]),
    "missing": lambda app, _: app.open_screen("missing", ALL, [{"kind": "connection", "name": ALL, "message": ALL}]),
    "step types": lambda app, _: app.open_screen("step_types"),
    "connections": lambda app, _: app.open_screen("connections"),
    "accounts": lambda app, _: app.open_screen("accounts", ALL),
    "secrets": lambda app, _: app.open_screen("secrets"),
    "settings": lambda app, _: app.open_screen("settings"),
    "workers": lambda app, _: app.open_screen("workers"),
    "run form": lambda app, _: app.open_run_form("evil"),
}
"""Places with keys of their own."""


async def say_and_wait(tell: Callable[[str], None]) -> None:
    tell(ALL)
    await asyncio.Event().wait()


CHANGED = diff_lines(ALL, f"{ALL}x", ALL, ALL)
DIALOGS: dict[str, Open] = {
    "question": lambda app, _: show(app, ConfirmScreen(ALL, ALL, [Choice("a", ALL, "a"), Choice("b", ALL, "b")])),
    "prompt": lambda app, _: show(app, PromptScreen(ALL, ALL, ALL)),
    "progress": lambda app, _: show(app, ProgressScreen(ALL, say_and_wait)),
    "paste": lambda app, _: show(app, PasteScreen(ALL, ALL)),
    "picker": lambda app, _: show(app, Picker(ALL, [(ALL, ALL)])),
    "value": lambda app, _: show(app, ValueScreen(ALL, {ALL: ALL, "list": [ALL]}, no_text, name=ALL)),
    "table": lambda app, _: show(
        app, ValueTableScreen(ALL, TableRows([{ALL: ALL, "b": [ALL]}, ALL, None]), lambda *_: None)
    ),
    "path": lambda app, _: show(app, PathPrompt(ALL, ALL)),
    "trial": lambda app, _: show(app, TrialScreen(ALL, "{}", ALL, {}, whole=False)),
    "events": lambda app, _: show(app, EventsScreen(hostile_events, no_text, total=2, number=1)),
    "plan": lambda app, _: show(app, RerunPlanScreen(ALL, [StepDecision(ALL, "run", ALL)])),
    "trust": lambda app, _: show(app, TrustScreen(Path(ALL), ALL)),
    "cleanup": lambda app, _: show(app, CleanupScreen(app.workbench.local)),
    "form of a step": lambda app, _: show(app, StepForm(ALL, ALL, build_form(form_of(SCHEMA), {"text": ALL}))),
    "form of a workflow": lambda app, _: show(app, WorkflowForm(ALL, ALL, build_form(form_of(SCHEMA), {"text": ALL}))),
    "preview": lambda app, _: show(app, RunFormPreview(ALL, build_form(form_of(SCHEMA), {"text": ALL}))),
    "form of a connection": lambda app, _: show(app, ConnectionForm(ALL, SCHEMA, {"text": ALL}, nothing)),
    "form of a secret": lambda app, _: show(app, SecretForm(ALL, nothing)),
    "difference": lambda app, _: show(app, DiffScreen(ALL, CHANGED, restore=True, ascii_only=False)),
    "help": lambda app, _: show(app, make_screen("help", app.screen)),
    "palette": lambda app, _: app.action_palette(),
    "jump mode": lambda app, _: show(app, JumpScreen(app.screen.focus_chain)),
    "themes": lambda app, _: app.action_theme(),
    "notice": lambda app, _: app.notify(ALL, title=ALL, markup=True),
    "error": lambda app, _: app.show_error(UserError(ALL, code="any"), ALL),
}
OTHER_TEXTS = {
    "workflows": "evil",
    "editor": "[red]not…",
    "editor of no JSON": "Not valid JSON",
    "editor of half a pair": "Not valid JSON",
    "history": "evil",
    "history of a workflow": "History",
    "statistics": "Statistics",
    "comparison": "evil",
    "search": "Search",
    "monitor of a run that lacks something": "missing requirements",
    "secrets": "Secrets",
    "settings": "Settings",
    "workers": "Workers",
    "cleanup": "Clean up history",
    "form of a secret": "A secret",
    "help": "Show the keys of this screen",
    "palette": "type to filter",
    "jump mode": " a ",
    "themes": "dracula",
}
"""Texts of places that show no hostile one, or only in columns that cut it."""


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WFTUI_CONNECTIONS", str(tmp_path / "private"))
    fill_workspace(tmp_path / "tables", ALL)
    return tmp_path / "tables"


@pytest.fixture
async def workbench(tables: Path, tmp_path: Path) -> AsyncIterator[Workbench]:
    bench = Workbench(Settings(tables=tables, database=tmp_path / "runs.db", user_id=ALL))
    yield bench
    await bench.close(cancel=True)


@pytest.fixture
async def runs(workbench: Workbench, tables: Path) -> dict[str, str]:
    for file in sorted((tables / "steps").iterdir())[1:]:
        await workbench.steps.trust(file)
    ended = {name: (await run_to_end(workbench, name, {})).id for name in ("evil", "needy")}
    return {**ended, "asks": await workbench.runs.start("asks", {})}


def check(app: App[Any], place: str) -> None:
    """Check everything that is drawn."""
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            assert segment.style is None or not segment.style.link, (place, segment)
            assert not {char for char in segment.text if is_hidden(char)}, (place, segment.text)


def is_hidden(char: str) -> bool:
    """Return whether a character is hidden, acted on or not printable."""
    return char in INVISIBLE or "\ud800" <= char <= "\udfff"


def leaves(of: type[Screen[Any]] = Screen) -> Iterator[type[Screen[Any]]]:
    """The screens and dialogs of the program."""
    for found in pkgutil.walk_packages(wftui.tui.screens.__path__, "wftui.tui.screens."):
        importlib.import_module(found.name)
    for each in of.__subclasses__():
        if each.__subclasses__():
            yield from leaves(each)
        elif each.__module__.startswith("wftui.tui.") and each.__module__ != "wftui.tui.screens.base":
            yield each


@pytest.mark.slow
async def test_no_widget_draws_control_sequences(
    workbench: Workbench, runs: dict[str, str], until: Until, text_of: Callable[[App[Any]], str]
) -> None:
    app = WftuiApp(workbench)
    seen: set[type[Screen[Any]]] = set()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "evil" in text_of(app))
        base = app.screen
        for place, opens in (SCREENS | DIALOGS).items():
            opens(app, runs)
            expected = OTHER_TEXTS.get(place, "[red]not red[/]")
            is_beside = place in ("workflows", "notice", "error")  # no screen of its own
            await until(pilot, lambda stays=is_beside: stays or app.screen is not base)
            await until(pilot, lambda expected=expected: expected in text_of(app))
            check(app, place)
            if place.startswith("editor"):
                await pilot.press("2")
                await until(pilot, lambda: "[red]not red[/]" in text_of(app))
                check(app, f"{place}: source")
            seen |= {type(screen) for screen in app.screen_stack}
            while app.screen is not base:
                await app.pop_screen()
            app.clear_notifications()
    assert set(leaves()) - seen == set(), "places that are missing here"


@pytest.mark.slow
@pytest.mark.parametrize("place", SCREENS)
async def test_no_key_shows_control_sequences(
    workbench: Workbench, runs: dict[str, str], place: str, until: Until
) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app)
        base = app.screen

        async def open_place() -> Screen[Any]:
            while app.screen is not base:
                await app.pop_screen()
            SCREENS[place](app, runs)
            await until(pilot, lambda: place == "workflows" or app.screen is not base)
            await look("as it opens")
            return app.screen

        async def look(when: str) -> None:
            await settle(app)
            check(app, f"{place}: {when}")

        opened = await open_place()
        actions: list[Action] = [*getattr(opened, "ACTIONS", ()), *APP_ACTIONS]
        for action in actions:
            if not action.keys or action.id == "app.quit":
                continue
            if app.screen is not opened:
                opened = await open_place()
            await pilot.press(action.keys[0])
            await look(action.id)
            for _ in range(5):
                if app.screen is not opened and opened in app.screen_stack:
                    await pilot.press("escape")
                    await look(f"after {action.id}")


PASTED = [
    "one\r\ntwo\r",
    "a\x1b[31m\x00\x9b\x7f\ud800b",
    "9" * 6000,
    '["\\x"]',
    "re:(",
    "x" * 1_000_000,
    "ab\r\n" * 9000,
]
"""Texts that terminals and people paste by accident."""


def inputs(app: WftuiApp) -> list[Input | TextArea]:
    """The fields of the screen that take text."""
    found = [each for each in app.screen.query("Input, TextArea") if each.focusable]
    return [each for each in found if isinstance(each, Input | TextArea) and not getattr(each, "read_only", False)]


FIELDS = [
    "history",
    "search",
    "secrets",
    "settings",
    "connections",
    "run form",
    "prompt",
    "paste",
    "picker",
    "table",
    "path",
    "cleanup",
    "form of a step",
    "form of a workflow",
    "form of a connection",
    "form of a secret",
]
"""Places with fields or prompts of their own; the others ask by these."""


@pytest.mark.slow
@pytest.mark.parametrize("place", FIELDS)
async def test_no_pasted_text_ends_the_program(
    workbench: Workbench,
    runs: dict[str, str],
    place: str,
    until: Until,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # prompts for a file are answered
    app = WftuiApp(workbench)
    async with app.run_test(size=SIZE) as pilot:
        await settle(app)
        base = app.screen

        async def open_place(key: str) -> Screen[Any]:
            while app.screen is not base:
                await app.pop_screen()
            app.clear_notifications()
            (SCREENS | DIALOGS)[place](app, runs)
            await until(pilot, lambda: app.screen is not base)
            await settle(app)
            opened = app.screen
            if key:
                await pilot.press(key)
                await settle(app)
            return opened

        async def paste(field: Input | TextArea, text: str) -> None:
            field.focus()
            if isinstance(field, Input):
                field.value = ""
            else:
                field.text = ""
            await settle(app)
            app.post_message(events.Paste(text))
            await settle(app)
            assert app._exception is None
            held = field.value if isinstance(field, Input) else field.text
            assert "\r" not in held
            if isinstance(field, Input) and not isinstance(field, TextEditor):
                assert "\n" not in held
                if text == PASTED[0]:
                    assert "this field takes one" in str([each.message for each in app._notifications])

        actions: tuple[Action, ...] = getattr(await open_place(""), "ACTIONS", ())
        for key in ["", *dict.fromkeys(each.keys[0] for each in actions if each.keys)]:
            opened = await open_place(key)
            if key and app.screen is opened and not isinstance(app.focused, Input):
                continue  # no prompt: the fields of the place itself have had their turn
            for number in range(len(inputs(app))):
                for text in PASTED:
                    await open_place(key)
                    if number < len(inputs(app)):
                        await paste(inputs(app)[number], text)
                        await pilot.press("enter")
                        await settle(app)
                        check(app, f"{place}: {key} {text[:20]!r}")
        assert app._exception is None
