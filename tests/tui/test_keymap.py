"""Keys of the settings: checked, shown in footer and help, obeyed."""

import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.binding import Binding
from textual.widget import Widget

from wftui.model.errors import UserError
from wftui.settings.settings_file import read_settings, settings_path
from wftui.tui import widgets
from wftui.tui.actions import APP_ACTIONS, Action, WithActions
from wftui.tui.app import WftuiApp
from wftui.tui.keymap import actions_by_screen, checked_keymap, key_named
from wftui.tui.screens.dialogs.help import HelpScreen
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.widgets.picker import Picker
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]

FIELD_WORDS = {"clear": "remove"}
"""Words of the groups of a form for what the key does to an item of a list."""
FUNCTION_KEYS = {"take": "save"}
"""Words of a form and of the editor for what their function key does elsewhere."""


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("F2", "f2"),
        ("^s", "ctrl+s"),
        ("ctrl-s", "ctrl+s"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("?", "question_mark"),
        ("K", "K"),
        ("del", "delete"),
        ("+", "plus"),
        ("ctrl++", "ctrl+plus"),
        ("-", "minus"),
        ("question_mark", "question_mark"),
        ("^", "circumflex_accent"),
    ],
)
def test_key_is_read_as_people_write_it(text: str, key: str) -> None:
    assert key_named(text) == key


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"editor.save": ["r"]}, "r is a key of both editor.save (Save) and editor.run (Run)"),
        ({"editor.save": ["f9", "x"]}, "editor.fix (Fix)"),
        ({"editor.find": ["?"]}, "app.help (Help)"),
        ({"app.history": ["q"]}, "app.quit (Quit)"),
        ({"app.suspend": ["f2"]}, "app.suspend (Suspend)"),
        ({"field.ways": ["f2"]}, "step_form.take (Apply)"),
        ({"editor.sav": ["f9"]}, "did you mean editor.save"),
        ({"editor.save": ["f99"]}, "there is no key 'f99'"),
        ({"editor.save": ["tab"]}, "fixed meaning"),
    ],
)
def test_conflict_is_refused_with_both_named(wanted: dict[str, list[str]], message: str) -> None:
    with pytest.raises(UserError) as told:
        checked_keymap(wanted)
    assert message in str(told.value)


@pytest.mark.parametrize("keys", [["w"], ["/"], ["space"], ["ctrl+k"], ["left", "é"]])
def test_keys_that_all_go_into_a_text_are_refused_for_what_is_used_there(keys: list[str]) -> None:
    forms = {"Run form", "Step form", "Preview of the run form", "Field of a form"}
    used = {action.id for title, actions in actions_by_screen() if title in forms for action in actions}
    assert {"field.ways", "run_form.pool", "step_form.insert", "workflow_form.preview"} <= used
    for name in {*used, "editor.insert_name"}:
        with pytest.raises(UserError, match=rf"keys.{name}: .* would go into the text"):
            checked_keymap({name: keys})
        assert checked_keymap({name: ["é", "f9"]}) == {name: ("é", "f9")}
    assert checked_keymap({"editor.pin": ["j"], "run_form.pool": []}) == {"editor.pin": ("j",), "run_form.pool": ()}


def test_two_actions_can_change_places() -> None:
    keymap = checked_keymap({"editor.move_up": ["J"], "editor.move_down": ["K"]})
    assert keymap == {"editor.move_up": ("J",), "editor.move_down": ("K",)}


def test_every_action_can_have_a_key_of_its_own() -> None:
    for name in (action.id for _, actions in actions_by_screen() for action in actions):
        assert checked_keymap({name: ["ctrl+shift+f11"]}) == {name: ("ctrl+shift+f11",)}


def bench(tables: Path, tmp_path: Path, **settings: Any) -> Workbench:
    return Workbench(Settings(tables=tables, database=tmp_path / "runs.db", user_id="ada", **settings))


async def test_screen_follows_the_keys(
    tables: Path, tmp_path: Path, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("hello")
    keys = {"workflows.open": ("f6",), "app.theme": ("f11",), "editor.steps": ("ctrl+g",)}
    workbench = bench(tables, tmp_path, keys=keys)
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 60)) as pilot:
        await until(pilot, lambda: "F6 Open" in text_of(app))
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "F6  Open the workflow" in text_of(app))
        assert "F11  Choose a color theme" in text_of(app)
        await pilot.press("escape", "e")
        assert not isinstance(app.screen, EditorScreen)
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        editor = app.screen
        assert isinstance(editor, EditorScreen)
        await pilot.press("3")
        await until(pilot, lambda: editor.view == "canvas")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: editor.view == "steps")
        await pilot.press("f11")
        await until(pilot, lambda: isinstance(app.screen, Picker))
    await workbench.close(cancel=True)


async def test_fields_of_forms_follow_the_keys(
    tables: Path, tmp_path: Path, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    schema = {"properties": {"note": {"type": "string"}}}
    put_workflow("hello", inputSchema=schema)
    workbench = bench(tables, tmp_path, keys={"field.ways": ("f9",)})
    app = WftuiApp(workbench, start=lambda app: app.open_run_form("hello"))
    async with app.run_test(size=(120, 60)) as pilot:
        await until(pilot, lambda: "F9 More" in text_of(app))
        await pilot.press("f7")
        await pilot.press("f1")
        await until(pilot, lambda: "F9  Give the value another way" in text_of(app))
        await pilot.press("escape", "f9")
        await until(pilot, lambda: isinstance(app.screen, Picker))
    await workbench.close(cancel=True)


async def test_actions_without_a_key_take_that_of_the_settings(
    tables: Path, tmp_path: Path, put_workflow: Callable[..., Path], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wftui.tui.screens.editor.source_screen._CHECK_EVERY", 3600)  # it would reload the file, too
    path = put_workflow("hello")
    keyless = [action.id for _, actions in actions_by_screen() for action in actions if not action.keys]
    assert {"editor.reload", "app.theme"} <= set(keyless)
    workbench = bench(tables, tmp_path, keys={"editor.reload": ("f9",), "app.theme": ("f11",)})
    app = WftuiApp(workbench, start=lambda app: app.open_editor("hello"))
    async with app.run_test(size=(120, 60)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "hi" in app.screen.source.text)
        editor = app.screen
        assert isinstance(editor, EditorScreen)
        path.write_text(path.read_text().replace('"hi"', '"changed"'))
        await pilot.press("f9")
        await until(pilot, lambda: "changed" in editor.source.text)
        await pilot.press("f11")
        await until(pilot, lambda: isinstance(app.screen, Picker))
    await workbench.close(cancel=True)


async def test_theme_is_previewed_and_kept(
    tables: Path, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WFTUI_CONFIG", str(tmp_path / "settings.toml"))
    workbench = bench(tables, tmp_path)
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.run_action("app.act('app.theme')")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("down")
        await until(pilot, lambda: app.theme == "wftui-light")
        await pilot.press("escape")
        await until(pilot, lambda: app.theme == "wftui-dark")
        assert read_settings(settings_path()).theme is None
        await app.run_action("app.act('app.theme')")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"nord", "enter")
        await until(pilot, lambda: read_settings(settings_path()).theme)
    await workbench.close(cancel=True)
    again = bench(tables, tmp_path, theme=read_settings(settings_path()).theme)
    assert WftuiApp(again).theme == "nord"
    assert WftuiApp(bench(tables, tmp_path, theme="no such theme")).theme == "wftui-dark"


def test_function_keys_mean_one_thing_on_every_screen() -> None:
    meanings: dict[str, set[str]] = {}
    for actions in _all_actions():
        for action in actions:
            for key in action.keys:
                meanings.setdefault(key, set()).add(FUNCTION_KEYS.get(action.verb, action.verb))
    for widget in _widgets():
        for binding in widget.__dict__.get("BINDINGS", ()):
            for key in binding.key.split(",") if isinstance(binding, Binding) else ():
                meanings.setdefault(key, set()).add(FIELD_WORDS.get(binding.action, binding.action))
    meanings = {key: words for key, words in meanings.items() if re.fullmatch(r"(shift\+)?f\d+", key)}
    assert {key: words for key, words in meanings.items() if len(words) > 1} == {}
    assert meanings["f2"] == {"save"}
    assert meanings["f3"] == {"edit_step"}
    assert meanings["f4"] == {"fix"}


def _widgets() -> list[type[Widget]]:
    """Return the widgets of this program."""
    for module in pkgutil.walk_packages(widgets.__path__, f"{widgets.__name__}."):
        importlib.import_module(module.name)
    found: list[type[Widget]] = []
    classes: list[type[Widget]] = [Widget]
    while classes:
        one = classes.pop()
        classes += one.__subclasses__()
        if one.__module__.startswith(f"{widgets.__name__}."):
            found.append(one)
    return found


def _all_actions() -> list[tuple[Action, ...]]:
    """Return the actions of every class with actions, those of dialogs included."""
    assert actions_by_screen()  # imports the screens
    found, classes = [APP_ACTIONS], [WithActions]
    while classes:
        one = classes.pop()
        classes += one.__subclasses__()
        found.append(one.ACTIONS)
    return found
