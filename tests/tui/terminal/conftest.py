"""Fixtures of tests that drive the real program in a pseudo-terminal."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tui.terminal.pty_terminal import Terminal


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
def gate(tmp_path: Path, put_workflow: Callable[..., Path]) -> Path:
    """Create a workflow `slow` that waits for this file, reported by `gate.waits`."""
    gate = tmp_path / "gate"
    script = f"touch {gate}.waits; while [ ! -e {gate} ]; do sleep 0.05; done; echo through"
    steps: list[dict[str, Any]] = [
        {"id": "wait", "type": "shell", "input": {"script": script}},
        {"id": "after", "type": "set", "input": {"said": "{{ steps.wait.output.stdout }}"}},
    ]
    put_workflow("slow", steps=steps, outputs={"said": "{{ steps.after.output.said }}"})
    return gate


@pytest.fixture
def terminal(tables: Path, database: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_terminal(
        own: bool = True, size: tuple[int, int] = (80, 24), start: str = "", **environment: str
    ) -> Terminal:
        opened.append(Terminal(tables, database, own, size, start, **environment))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.clean_up()
