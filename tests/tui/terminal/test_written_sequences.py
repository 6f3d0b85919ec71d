"""Output of the real program: no text adds a control sequence to it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile.hostile_texts import ALL, INVISIBLE, KINDS, fill_workspace

from tui.terminal.pty_terminal import Terminal, last_run

pytestmark = pytest.mark.pty

PLAIN = KINDS["markup"]
SEQUENCE = re.compile(
    r"""
      \x1b \[ [0-?]* [ -/]* [@-~]                           # a control sequence
    | \x1b [\]PX^_] [^\x1b\x07]* (?: \x07 | \x1b\\ )         # a string
    | \x1b [ -/]* [0-~]?                                    # any other escape
    """,
    re.VERBOSE,
)
LOOKS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\d+(;\d+H|G|X)|\x1b\]2;wftui(: [^\x00-\x1f\x7f-\x9f]*)?\x07")
"""Colors, places of the cursor, erased cells and titles, which differ from one screen to another."""


HOME = "never run"
"""Shown by the Workflows screen only."""


def journey(opened: Terminal, database: Path) -> set[str]:
    """Visit screens, dialogs and runs; return all control sequences written."""

    def go(keys: str, *shown: str) -> None:
        """Press keys until another screen is there, as a whole."""
        opened.press(keys)
        opened.read_until(lambda: all(text in opened.text for text in shown) and HOME not in opened.text)

    def back() -> None:
        opened.press("\x1b")
        opened.read_until(lambda: all(text in opened.text for text in ("wftui / Workflows", HOME, "Rename")))

    opened.read_until(lambda: HOME in opened.text and "not red[/]" in opened.text)
    opened.press("?")
    opened.shows("Show the keys of this screen")
    opened.press("\x1b")
    opened.read_until(lambda: "Show the keys of this screen" not in opened.text)
    opened.press(":")
    opened.shows("Commands")
    opened.press("evil")
    opened.shows("Runs of evil")
    opened.press("\x1b")
    opened.read_until(lambda: "Runs of evil" not in opened.text)
    for keys, shown in (("T", "it is not trusted"), ("C", "no link[/]"), ("S", "durability")):
        go(keys, shown)
        back()
    go("\r", "Problems", "Ready")  # the editor of `asks`, the first
    opened.press("\x1b")  # leaves the source, or the editor
    opened.shows("? Help")
    back()
    go("\x1b[B" * 3 + "r", "✗ failed", "Steps")  # `fails`
    for pane, shown in (("4", "claim"), ("2", "log lines"), ("3", "not red")):
        go(pane, shown)
    back()
    opened.press("\x1b[A" + "r")  # `evil`, and its form
    opened.shows("^t Form, JSON")
    opened.press("\x1b")
    opened.read_until(lambda: "^t Form, JSON" not in opened.text)
    go("\x1b[A" * 2 + "r", "Approve")
    go("H", "2 runs")
    opened.press("q")
    opened.shows("Cancel them and quit")
    opened.press("c")
    assert opened.exit_code() == 0
    assert last_run(database).status == "cancelled"
    message = opened.raw.decode()
    assert "✗ fails" in message.rpartition("\x1b[?1049l")[2]
    sequences = {found for found in SEQUENCE.findall(message) if not LOOKS.fullmatch(found)}
    return sequences | set(SEQUENCE.sub("", message)) & INVISIBLE


@pytest.mark.slow
def test_texts_add_no_sequence(
    terminal: Callable[..., Terminal],
    tables: Path,
    database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WFTUI_CONNECTIONS", str(tmp_path / "private"))
    written = []
    for text, file in ((PLAIN, "plain"), (ALL, f"x{KINDS['clipboard']}{KINDS['clear']}")):
        shutil.rmtree(tables)
        shutil.rmtree(tmp_path / "private", ignore_errors=True)
        database.unlink(missing_ok=True)
        fill_workspace(tables, text, file)
        written.append(journey(terminal(size=(120, 36)), database))
    assert written[1] <= written[0]
    assert "\x1b[?1049h" in written[0]
