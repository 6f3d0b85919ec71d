"""The log in the user's pager, in a real terminal."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.terminal.pty_terminal import Terminal
from wftui.model.run.events import Completed, Created, ExecutionEvent, Log, Started
from wftui.store.execution_store import ExecutionStore

pytestmark = pytest.mark.pty
RUN = "01pager-00001"
START = f"def start(app): app.open_monitor({RUN!r})"
PAGER = """#!/bin/sh
if [ -e "$0.failing" ]; then exit 3; fi
printf 'PAGED %s, %s words: ' "$1" "$#"
cat "$2"
read -r _
"""


@pytest.fixture
def logged(database: Path, put_workflow: Callable[..., Path]) -> None:
    """A run with two lines."""
    put_workflow("deploy")

    async def fill() -> None:
        store, at = await ExecutionStore.open(database), datetime.now(UTC)
        lines = [Log(run_id=RUN, timestamp=at, message=f"\x1b[31mline {number}\x1b[0m of 语") for number in (1, 2)]
        begin: list[ExecutionEvent] = [
            Created(run_id=RUN, timestamp=at, workflow_id="deploy"),
            Started(run_id=RUN, timestamp=at),
        ]
        await store.append([*begin, *lines, Completed(run_id=RUN, timestamp=at, duration=1)], wait=True)
        await store.close()

    asyncio.run(fill())


def is_back(opened: Terminal, times: int) -> None:
    """Wait until the program has taken the terminal, and drawn, a number of times."""
    opened.read_until(lambda: opened.raw.count(b"\x1b[?1049h") >= times)
    opened.read_until(lambda: "3 Results" in opened.raw.rpartition(b"\x1b[?1049h")[2].decode(errors="ignore"))


def says(opened: Terminal, sentence: str) -> None:
    """Wait for a notification, which is wrapped at the right edge."""
    opened.read_until(lambda: sentence in " ".join(opened.text.replace("▌", " ").split()))


@pytest.mark.usefixtures("logged")
def test_a_pager_with_arguments_that_fails_and_goes(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    program = tmp_path / "my pager"
    program.write_text(PAGER)
    program.chmod(0o755)
    opened = terminal(start=START, PAGER=f"'{program}' '--some words'")
    opened.shows("completed")
    opened.press("|")
    opened.shows("PAGED --some words, 2 words:")
    opened.shows("line 2 of")
    opened.press("\n")
    is_back(opened, 2)

    (tmp_path / "my pager.failing").touch()
    opened.press("|")
    says(opened, "ended with exit code 3")
    is_back(opened, 3)

    program.unlink()
    opened.press("|")
    says(opened, "there is no such program")
    opened.press("q")
    assert opened.exit_code() == 0


@pytest.mark.slow
@pytest.mark.usefixtures("logged")
@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
def test_less_is_the_default(terminal: Callable[..., Terminal]) -> None:
    opened = terminal(start=START, PAGER="", LESS="")
    opened.shows("completed")
    opened.press("|")
    opened.shows("(END)")
    opened.shows("line 2 of")
    opened.press("q")
    is_back(opened, 2)
    opened.press("q")
    assert opened.exit_code() == 0
