"""Sentences of the screens that name keys follow the keys of the settings."""

import ast
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import run_to_end
from textual.app import App

import wftui.tui
from tui.notices import notices
from wftui.tui.actions import show_key
from wftui.tui.app import WftuiApp
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.keymap import actions_by_screen
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Put = Callable[..., Path]

FIXED = frozenset({"enter", "escape", "up", "down", "left", "right"})
"""Keys of actions that mean the same in lists and dialogs; sentences name them."""


def bench(tables: Path, tmp_path: Path, keys: dict[str, tuple[str, ...]]) -> Workbench:
    return Workbench(Settings(tables=tables, database=tmp_path / "runs.db", user_id="ada", keys=keys))


@pytest.mark.parametrize(
    ("keys", "sentence", "shown"),
    [
        ({}, "Press {editor.undo} to go back.", "Press ^z to go back."),
        ({"editor.undo": ("f9", "u")}, "{editor.undo} undoes it.", "F9 undoes it."),
        ({"editor.undo": ()}, "Press {editor.undo} to go back.", "Use the command Undo to go back."),
        ({"editor.undo": ()}, "stuck; press {editor.undo} again", "stuck; use the command Undo again"),
        ({"editor.undo": ()}, "Restored; {editor.undo} undoes it.", "Restored; the command Undo undoes it."),
        ({"app.quit": ("f9", "ctrl+q")}, "Press {app.quit*} to quit.", "Press F9 or ^q to quit."),
        ({}, '{"steps": []} {}', '{"steps": []} {}'),
    ],
)
def test_sentence_names_the_keys_in_force(
    tables: Path, tmp_path: Path, keys: dict[str, tuple[str, ...]], sentence: str, shown: str
) -> None:
    class Keyed(App[None]):
        keymap = keys

    assert with_keys(Keyed(), sentence) == shown


async def test_empty_states_and_notices_follow_the_keys(
    tables: Path, tmp_path: Path, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    keys = {"workflows.new": ("f9",), "editor.add_step": ("ctrl+g",), "editor.undo": (), "editor.steps": ("f11",)}
    workbench = bench(tables, tmp_path, keys)
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: "Press F9 to create one." in text_of(app))
        put_workflow("flow", steps=[{"id": "a", "type": "set", "input": {}}])
        app.open_editor("flow")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.steps)
        assert "F11 Steps" in text_of(app)
        await pilot.press("D")
        await until(pilot, lambda: "Press ^g to add the first." in text_of(app))
        assert any(each.endswith("; the command Undo undoes it.") for each in notices(app))
    await workbench.close(cancel=True)


async def test_header_of_a_run_follows_the_keys(
    tables: Path, tmp_path: Path, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    steps = [{"id": "fetch", "type": "http", "connection": "api", "input": {"url": "/x"}}]
    put_workflow("flow", steps=steps, connections={"api": {"kind": "http"}})
    workbench = bench(tables, tmp_path, {"monitor.connect": ("f9",), "monitor.rerun": ("ctrl+g",)})
    record = await run_to_end(workbench, "flow", {})
    app = WftuiApp(workbench, start=lambda app: app.open_monitor(record.id))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "press F9 for missing requirements" in text_of(app))
        await pilot.press("f9")
        await until(pilot, lambda: "Then press ^g on the run to rerun it." in text_of(app))
    await workbench.close(cancel=True)


async def test_buttons_of_an_approval_follow_the_keys(
    tables: Path, tmp_path: Path, put_workflow: Put, until: Until, text_of: TextOf
) -> None:
    put_workflow("flow", steps=[{"id": "ask", "type": "approval", "input": {"prompt": "Go on?"}}])
    workbench = bench(tables, tmp_path, {"monitor.approve": ("f9",), "monitor.reject": ()})
    run_id = await workbench.runs.start("flow", {})
    app = WftuiApp(workbench, start=lambda app: app.open_monitor(run_id))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "Approve  F9" in text_of(app))
        assert "Reject  x" not in text_of(app)
        await pilot.press("f9")
        await workbench.runs.wait(run_id)
    await workbench.close(cancel=True)


def _sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of the strings in a module, without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    comments = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in comments:
            yield node.lineno, node.value


def _mention() -> re.Pattern[str]:
    """Return a pattern of keys in sentences: `press a`, `u undoes it`, `F3`, `ctrl+r`."""
    keys = {key for _, actions in actions_by_screen() for action in actions for key in action.keys} - FIXED
    keys |= {show_key(key) for key in keys}
    any_key = "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))
    # An article does not count, and a sign before a word is punctuation.
    word = "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True) if key[-1].isalnum() and key != "a")
    combined = "|".join(re.escape(key) for key in sorted(keys) if re.match(r"(ctrl\+|\^|shift|[fF]\d)", key))
    return re.compile(
        rf"\b[Pp]ress (?:{any_key})(?!\S*\w)"
        rf"|(?:^|[;,.:…] )(?:{word}) (?:[a-z]+s|again|in|on|to(?! [a-z]\b))\b"
        rf"|(?<![\w+-])(?:{combined})(?![\w+-])"
    )


@pytest.mark.parametrize(
    ("text", "is_mention"),
    [
        ("No steps yet. Press a to add the first.", True),
        ("no search is active; press / to search", True),
        ("Restored; u undoes it.", True),
        ("the limit; s saves it", True),
        ("f to follow", True),
        ("no run is selected; space selects one", True),
        ("Marked; c on another run compares", True),
        ("Never run: F5 runs the workflow", True),
        ("to retry, ctrl+r", True),
        ("Press {editor.add_step} to add the first.", False),
        ("Press escape to show all.", False),
        ("from a to z", False),
        ("a process", False),
        ("pressure, process", False),
    ],
)
def test_mentions_are_found(text: str, is_mention: bool) -> None:
    assert bool(_mention().search(text)) == is_mention


def test_no_sentence_names_a_key_that_can_be_another() -> None:
    package, mention = Path(wftui.tui.__file__).parent, _mention()
    found = [
        f"{path.relative_to(package)}:{line}: {text}"
        for path in sorted(package.rglob("*.py"))
        if path.name != "keymap.py"  # tells how keys are written
        for line, text in _sentences(path)
        if " " in text and mention.search(text)
    ]
    assert not found, "name the action, with wftui.tui.key_actions.key_sentences.with_keys"


def test_sentences_name_known_actions() -> None:
    package = Path(wftui.tui.__file__).parent
    known = {action.id for _, actions in actions_by_screen() for action in actions}
    named = {
        name
        for path in package.rglob("*.py")
        if path.name != "key_sentences.py"
        for _, text in _sentences(path)
        for name in re.findall(r"\{([a-z_]+\.\w+)\*?\}", text)
    }
    assert named
    assert named <= known
