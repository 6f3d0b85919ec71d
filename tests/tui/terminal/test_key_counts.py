"""Workflows written and repaired by counted keys in a real terminal, with undo."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tui.terminal.pty_terminal import Terminal

pytestmark = pytest.mark.pty

SIZES = [(80, 24), (160, 48)]
KEYS = {
    "enter": "\r", "tab": "\t", "space": " ", "down": "\x1b[B", "ctrl+u": "\x15", "ctrl+s": "\x13",
    "f2": "\x1bOQ", "f4": "\x1bOS", "f8": "\x1b[19~", "f9": "\x1b[20~",
}  # fmt: skip
OUTPUTS = {"score": "{{ inputs.score }}"}
SCORE = {"type": "object", "properties": {"score": {"type": "number"}}, "required": ["score"]}
STEPS: list[dict[str, Any]] = [
    {"id": "first", "type": "set", "input": {"text": "a"}},
    {"id": "second", "type": "set", "input": {"text": "{{ steps.first.output.text }}"}},
    {"id": "third", "type": "set", "input": {"text": "{{ steps.second.output.text }}"}},
    {"id": "fourth", "type": "set", "input": {"n": 1.50}},
]


class Typist:
    """Presses and counts keys in a terminal; typed contents do not count."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.count = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.terminal.press(KEYS.get(key, key))
            self.count += 1

    def write(self, text: str) -> None:
        self.terminal.press(text)
        self.terminal.shows(text.split("{{")[0].strip() or text[:20])

    def see(self, *texts: str) -> None:
        self.terminal.read_until(lambda: all(text in self.terminal.text for text in texts))

    def add(self, word: str, title: str, key: str = "a") -> None:
        """Add a step of a type, and open its form."""
        self.press(key)
        self.see("Add a step")
        self.choose(word, title)

    def choose(self, word: str, title: str) -> None:
        """Type a word into the open list, and take the only row."""
        self.press(*word)
        self.see(f"│ {word}")
        self.press("enter")
        self.see(f"╭─ {title}")


def opened(terminal: Callable[..., Terminal], size: tuple[int, int]) -> Typist:
    """Return a typist in the editor of the workflow `flow`, the first of the list."""
    typist = Typist(terminal(size=size))
    typist.see("never run")
    typist.press("enter")
    typist.see("✓", "Ln 1")
    return typist


def saved(typist: Typist, path: Path, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Save, and return the workflow once the file is as wanted."""
    typist.press("ctrl+s")
    typist.terminal.read_until(lambda: path.exists() and condition(json.loads(path.read_text())))
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_http_filter_csv_and_mail_take_few_keys(
    terminal: Callable[..., Terminal], tables: Path, size: tuple[int, int]
) -> None:
    typist = Typist(terminal(size=size))
    typist.see("no workflows yet")
    typist.press("n")
    typist.see("New workflow")
    typist.write("orders")
    typist.press("enter")
    typist.see("Start from")
    typist.press("enter")
    typist.see("No steps yet")
    typist.add("http", "HTTP request: http")
    typist.write("https://example.org/orders")
    typist.press("enter")
    typist.see("unsaved")
    typist.add("set", "Set values: set")
    typist.press("enter")
    typist.see("Name *")
    typist.write("rows")
    typist.press("tab")
    typist.write("{{ steps.http.output.body | selectattr('paid') }}")
    typist.press("enter")
    typist.see("Ln")
    typist.add("file", "File: file")
    typist.see("action *")
    typist.press("space")
    typist.see("╭─ action")
    typist.press(*"writ", "enter")
    typist.see("write  ")
    typist.press("tab")
    typist.write("orders.csv")
    typist.press("tab", "tab", "tab")
    typist.write("{{ steps.set.output.rows }}")
    typist.press("enter")
    typist.see("Ln")
    typist.add("email", "E-mail: email")
    typist.see("to *")
    typist.press("space", "down", "enter")
    typist.see("1 item")
    typist.write("ann@example.org")
    typist.press("tab", "tab")
    typist.write("Orders")
    typist.press("tab")
    typist.write("See the file.")
    typist.press("f2")
    typist.see("Problems 1")
    typist.press("f8")
    typist.see("needs a connect")
    typist.press("f4")
    path = tables / "workflows" / "orders" / "workflow.json"
    made = saved(typist, path, lambda workflow: "connections" in workflow)
    typist.see("✓")
    assert [each["type"] for each in made["steps"]] == ["http", "set", "file", "email"]
    assert made["steps"][2]["input"]["content"] == "{{ steps.set.output.rows }}"
    assert made["connections"]["smtp"]["kind"] == "smtp"
    assert typist.count <= 60


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_switch_and_join_are_built(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], size: tuple[int, int]
) -> None:
    start = [{"id": "start", "type": "set", "input": {"score": "{{ inputs.score }}"}}]
    path = put_workflow("flow", inputSchema=SCORE, steps=start, outputs=OUTPUTS)
    before = path.read_bytes()
    typist = opened(terminal, size)
    typist.add("switch", "Switch: switch")
    typist.see("▸ 1")
    typist.press("space", "down", "ctrl+u")
    typist.write("inputs.score > 5")
    typist.press("f9")
    typist.see("▾ 2")
    typist.write("inputs.score > 1")
    typist.press("tab", "tab", "space", "enter")
    typist.see("switch_step", "Ln")
    for row, words in ((1, "case 2: inputs.score > 1"), (2, "default")):
        typist.press("I")
        typist.see("Add inside switch", words)
        typist.press(*["down"] * row, "enter")
        typist.see("Add a step")
        typist.choose("set", "Set values: set")
        typist.press("enter")
        typist.see("Name *")
        typist.write("level")
        typist.press("tab")
        typist.write(f"level {row}")
        typist.press("enter")
        typist.see(f"set{'_2' if row == 2 else ''} ")
        typist.press(*["k"] * (row + 1))
        typist.see("▌◊ switch")
    typist.add("set", "Set values: set")
    typist.press("enter")
    typist.see("Name *")
    typist.write("done")
    typist.press("tab")
    typist.write("{{ inputs.score }}")
    typist.press("enter")
    made = saved(typist, path, lambda workflow: len(workflow["steps"]) == 3)
    switch = made["steps"][1]
    assert [case["when"] for case in switch["cases"]] == ["inputs.score > 5", "inputs.score > 1"]
    assert [case["steps"][0]["id"] for case in switch["cases"]] == ["switch_step", "set"]
    assert switch["default"]["steps"][0]["input"] == {"level": "level 2"}
    assert typist.count <= 90
    typist.press("u", "u", "u", "u", "ctrl+s")
    typist.terminal.read_until(lambda: path.read_bytes() == before)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_sub_workflow_runs_for_each_item(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], size: tuple[int, int]
) -> None:
    named = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    put_workflow("greet", inputSchema=named, outputs={"text": "{{ inputs.name }}"})
    listed = {"type": "object", "properties": {"names": {"type": "array", "items": {"type": "string"}}}}
    path = put_workflow("flow", inputSchema=listed, steps=[], outputs={"names": "{{ inputs.names }}"})
    before = path.read_bytes()
    typist = opened(terminal, size)
    typist.add("workflow:", "Sub-workflow: workflow")
    typist.see("workflow *")
    typist.press("space")
    typist.see("▸ inputs")
    typist.press("tab", "space", "tab")
    typist.see("name *")
    typist.write("{{ item }}")
    typist.press(*["tab"] * 6)
    typist.see("│ forEach  ")
    typist.press("space", "tab")
    typist.see("▾ forEach", "▌ in *")
    typist.press("space", "tab")
    typist.write("inputs.names")
    typist.press("enter")
    typist.see("Ln", "unsaved")
    made = saved(typist, path, lambda workflow: workflow["steps"])
    assert made["steps"][0]["input"] == {"workflow": "greet", "inputs": {"name": "{{ item }}"}}
    assert typist.count <= 60
    typist.press("u", "ctrl+s")
    typist.terminal.read_until(lambda: path.read_bytes() == before)


@pytest.mark.parametrize("size", [SIZES[0], pytest.param(SIZES[1], marks=pytest.mark.slow)])
def test_steps_are_renamed_moved_copied_deleted_wrapped_and_all_undone(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], size: tuple[int, int]
) -> None:
    path = put_workflow("flow", steps=STEPS, outputs={"text": "{{ steps.third.output.text }}"})
    before = path.read_bytes()
    typist = opened(terminal, size)
    typist.press("R")
    typist.see("Rename the step first")
    typist.press("ctrl+u")
    typist.write("opening")
    typist.press("enter")
    typist.see("▌= opening")
    typist.press("d", "J", "D")
    typist.see("Deleted opening_2")
    typist.press("j", "w")
    typist.see("Wrap in")
    typist.press(*"loop", "enter")
    made = saved(typist, path, lambda workflow: workflow["steps"][-1]["type"] == "loop")
    ids = [each["id"] for each in made["steps"]]
    assert made["steps"][1]["input"]["text"] == "{{ steps.opening.output.text }}", ids
    assert typist.count <= 20
    typist.press("u", "u", "u", "u", "u", "ctrl+s")
    typist.terminal.read_until(lambda: path.read_bytes() == before)
