"""No text controls the terminal, hides or becomes markup, on any screen or dialog."""

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
from textual.widget import Widget
from textual.widgets import Input, TextArea

import wftui.tui.screens
from tui.conftest import settle
from tui.screens.hostile_places import DIALOGS, OTHER_TEXTS, SCREENS
from wftui.tui.actions import APP_ACTIONS, Action
from wftui.tui.app import WftuiApp
from wftui.tui.screens.dialogs.confirm import ConfirmScreen
from wftui.tui.widgets.schema_form.editors.text_editor import TextEditor
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]
SIZE = (120, 40)


"""Opens a place, given the ids of the last run of each workflow."""

"""Places with keys of their own."""


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
    assert set(leaves()) - seen == set(), "missing in hostile_places.py"


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


def others(screen: Screen[Any]) -> list[Widget]:
    """The other places of a screen that can have the focus."""
    return [each for each in screen.focus_chain if not isinstance(each, Input | TextArea)]


FIELDS = [
    "workflows",
    "editor",
    "monitor",
    "monitor of a run that asks",
    "value",
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
"""Places with fields, prompts or a use for pasted text of their own; the others ask by these."""


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
            await until(pilot, lambda: place == "workflows" or app.screen is not base)
            await settle(app)
            while isinstance(app.screen, ConfirmScreen):  # the editor offers what was pasted before
                await pilot.press("d")
                await settle(app)
            opened = app.screen
            if key:
                await pilot.press(key)
                await settle(app)
            return opened

        async def paste(field: Widget, text: str) -> None:
            field.focus()
            if isinstance(field, Input):
                field.value = ""
            elif isinstance(field, TextArea):
                field.text = ""
            await settle(app)
            app.post_message(events.Paste(text))
            await settle(app)
            assert app._exception is None
            held = field.value if isinstance(field, Input) else field.text if isinstance(field, TextArea) else ""
            assert "\r" not in held
            if isinstance(field, Input) and not isinstance(field, TextEditor):
                assert "\n" not in held
                if text == PASTED[0]:
                    assert "this field takes one" in str([each.message for each in app._notifications])

        for number in range(len(others(await open_place("")))):
            for text in PASTED[:1]:
                fields = others(await open_place(""))
                if number < len(fields):  # the log of a run comes after its screen
                    await paste(fields[number], text)
                    check(app, f"{place}: {number} {text[:20]!r}")
        # The editor has the most keys, and asks only by prompts that have a place of their own here.
        actions: tuple[Action, ...] = getattr(await open_place(""), "ACTIONS", ()) if place != "editor" else ()
        for key in ["", *dict.fromkeys(each.keys[0] for each in actions if each.keys)]:
            opened = await open_place(key)
            if key and not (app.screen is opened and isinstance(app.focused, Input)):
                continue  # the fields of the place have had their turn, and each dialog has a place of its own
            for number in range(len(inputs(app))):
                for text in PASTED:
                    await open_place(key)
                    if number < len(inputs(app)):
                        await paste(inputs(app)[number], text)
                        await pilot.press("enter")
                        await settle(app)
                        check(app, f"{place}: {key} {text[:20]!r}")
        assert app._exception is None
