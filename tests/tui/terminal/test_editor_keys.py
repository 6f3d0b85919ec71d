"""The editor in a real terminal: step keys, Escape in a packet, failing programs."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tui.terminal.pty_terminal import Terminal

pytestmark = pytest.mark.pty

STEPS: list[dict[str, Any]] = [
    {"id": "first", "type": "set", "input": {}},
    {"id": "second", "type": "set", "needs": ["first"], "input": {}},
    {"id": "third", "type": "set", "needs": ["second"], "input": {}},
]


def open_editor(terminal: Callable[..., Terminal]) -> Terminal:
    """Start the program and open its only workflow in the editor."""
    opened = terminal()
    opened.shows("never run")
    opened.press("\r")
    opened.shows("Ready")
    return opened


def test_steps_are_changed_by_keys_and_saved(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]
) -> None:
    path = put_workflow("plain", steps=STEPS)
    before = path.read_text()
    opened = open_editor(terminal)
    opened.press("jD")
    opened.read_until(lambda: "unsaved" in opened.text and "second" not in opened.text.split("Deleted")[0])
    opened.press("\x13")
    opened.read_until(lambda: [step["id"] for step in json.loads(path.read_text())["steps"]] == ["first", "third"])
    assert json.loads(path.read_text())["steps"][1]["needs"] == ["first"]
    opened.press("u\x13")
    opened.read_until(lambda: path.read_text() == before)


def test_escape_and_a_digit_in_one_packet_type_nothing(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]
) -> None:
    path = put_workflow("plain", steps=STEPS)
    before = path.read_text()
    opened = open_editor(terminal)
    opened.press("2")
    opened.shows('"id": "first"')
    opened.press("\x1b5")
    opened.shows("No problems.")
    opened.press("\x13")
    opened.shows("Ready")
    assert "unsaved" not in opened.text
    assert path.read_text() == before


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("editor", ["no-such-editor-here", "vi 'half"])
def test_missing_editor_keeps_the_screen(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], editor: str
) -> None:
    put_workflow("plain")
    opened = terminal(EDITOR=editor, VISUAL="")
    opened.shows("never run")
    opened.press("o")
    opened.read_until(lambda: "the editor" in " ".join(opened.text.split()))
    opened.press("q")
    assert opened.exit_code() == 0


def test_failed_program_start_restores_the_terminal(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], tmp_path: Path
) -> None:
    put_workflow("plain")
    editor = tmp_path / "editor"
    editor.write_text("#!/no/such/interpreter\n")
    editor.chmod(0o755)
    opened = terminal(EDITOR=str(editor), VISUAL="")
    opened.shows("never run")
    opened.press("o")
    opened.read_until(lambda: "the editor" in " ".join(opened.text.split()))
    opened.press("q")
    assert opened.exit_code() == 0


def test_exit_code_of_the_editor_is_shown(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], tmp_path: Path
) -> None:
    path = put_workflow("plain")
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\n[ -e "$0.seen" ] && echo >>"$1"\ntouch "$0.seen"; exit 3\n')
    editor.chmod(0o755)
    opened = terminal(EDITOR=str(editor), VISUAL="")
    opened.shows("never run")
    opened.press("o")
    opened.read_until(lambda: "unchanged" in opened.text)
    opened.press("o")
    opened.read_until(lambda: "kept" in opened.text)
    assert path.read_text().endswith("\n\n")
    assert not path.with_name("workflow.py").exists()
    opened.press("q")
    assert opened.exit_code() == 0


def test_unsaved_text_survives_a_kill(terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]) -> None:
    path = put_workflow("plain", steps=STEPS)
    before = path.read_text()
    opened = open_editor(terminal)
    opened.press("d")
    folder = Path(os.environ["XDG_DATA_HOME"])
    opened.read_until(lambda: any("first_2" in each.read_text() for each in folder.rglob("drafts/*.json")))
    opened.kill(signal.SIGKILL)
    again = terminal()
    again.shows("never run")
    again.press("\r")
    again.shows("before changes to plain were saved")
    again.press("r\x13")
    again.read_until(lambda: "first_2" in path.read_text())
    again.press("u\x13")
    again.read_until(lambda: path.read_text() == before)


@pytest.mark.slow
def test_keys_in_the_source_write_few_bytes(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]
) -> None:
    put_workflow("plain", steps=STEPS)
    opened = open_editor(terminal)
    opened.press("2")
    opened.shows("Ln 1, Col 1")
    assert fewest_bytes(opened, "\x1b[B", [f"Ln {line}, Col 1" for line in range(2, 7)]) < 700
    opened.press("x")
    opened.shows("errors")
    opened.shows("Ln 6, Col 2")
    assert fewest_bytes(opened, "y", [f"Ln 6, Col {column}" for column in range(3, 7)]) < 900


def steps_of_all_kinds(count: int) -> list[dict[str, Any]]:
    kinds: list[dict[str, Any]] = [
        {"type": "http", "input": {"url": "https://example.org/AT", "headers": {"Accept": "application/json"}}},
        {"type": "set", "input": {"rows": [1, 2, "AT"]}},
        {"type": "file", "name": "Save AT", "input": {"action": "write", "path": "out/AT.csv", "content": "AT"}},
        {"type": "shell", "retry": {"maxAttempts": 3}, "input": {"script": "echo AT\nexit 0"}},
        {"type": "python", "input": {"code": "def main():\n    return AT"}},
        {"type": "delay", "input": {"for": "ATs"}},
        {"type": "assert", "when": "1 > AT", "input": {"that": "{{ 2 > AT }}", "message": "too few"}},
        {"type": "template", "input": {"template": "Hello AT"}},
    ]
    text = [json.dumps({"id": "sAT", **kinds[at % len(kinds)]}).replace("AT", str(at)) for at in range(count)]
    return [json.loads(each) for each in text]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "middle", "late"),
    [
        ((80, 24), 500, 600),
        ((120, 40), 900, 1000),
        # Inspector, canvas and source follow; with every second step, another page of the source comes up.
        ((120, 48), 2100, 2900),
        ((160, 48), 2100, 2900),
        ((200, 60), 2100, 3200),
    ],
)
def test_cursor_keys_in_the_list_write_few_bytes(
    terminal: Callable[..., Terminal],
    put_workflow: Callable[..., Path],
    size: tuple[int, int],
    middle: int,
    late: int,
) -> None:
    steps = steps_of_all_kinds(200)
    path = put_workflow("flow", steps=steps)
    lines = [at for at, line in enumerate(path.read_text().splitlines(), 1) if line.startswith('      "id"')]
    assert len(lines) == len(steps)
    opened = terminal(size=size, COLORTERM="truecolor")
    opened.shows("never run")
    opened.press("\r")
    opened.shows("Ready")

    def written_for(at: int) -> int:
        """Go to a step, the next one; return the bytes until all panes are there."""
        start = len(opened.raw)
        shown = [f"Ln {lines[at] - 1}, Col 1", f"s{at} · {steps[at]['type']}" if size[0] >= 120 else ""]
        opened.press("\x1b[B")
        opened.read_until(lambda: all(text in opened.text for text in shown))
        return len(opened.raw) - start

    for at in range(1, 21):  # steps of all kinds have been described then, and the panes scroll
        written_for(at)
    taken = sorted(written_for(at) for at in range(21, 53))
    assert taken[len(taken) // 2] < middle, taken
    assert taken[len(taken) * 9 // 10] < late, taken


def fewest_bytes(opened: Terminal, key: str, places: list[str]) -> int:
    """Press a key once per place; return the bytes of the smallest frame.

    Another frame, such as that of a check that has ended, may come with any of them.
    """
    taken = []
    for place in places:
        before = len(opened.raw)
        opened.press(key)
        opened.shows(place)
        taken.append(len(opened.raw) - before)
    return min(taken)
