"""The real program in a pseudo-terminal: lost terminals, signals, quitting."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import wait_until

from tui.terminal.pty_terminal import Terminal, last_run, run_slow

pytestmark = pytest.mark.pty


def test_run_survives_a_closed_terminal(terminal: Callable[..., Terminal], gate: Path, database: Path) -> None:
    opened = terminal()
    run_slow(opened, gate)
    opened.close()
    wait_until(lambda: last_run(database).status == "running")  # a commit may come after the start of the process
    gate.touch()
    assert opened.exit_code() == 0
    record = last_run(database)
    assert (record.status, record.outputs) == ("completed", {"said": "through\n"})


@pytest.mark.slow
def test_run_survives_a_vanished_terminal(terminal: Callable[..., Terminal], gate: Path, database: Path) -> None:
    opened = terminal(own=False)
    run_slow(opened, gate)
    opened.close()
    gate.touch()
    assert opened.exit_code() == 0
    assert last_run(database).status == "completed"


def test_the_mouse_can_be_given_back_to_the_terminal(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]
) -> None:
    put_workflow("plain")
    opened = terminal()
    opened.shows("never run")
    assert opened.raw.count(b"\x1b[?1003l") == 0
    opened.press("\x1b[24~")
    opened.read_until(lambda: opened.raw.count(b"\x1b[?1003l") == 1)
    taken = opened.raw.count(b"\x1b[?1003h")
    opened.press("\x1b[24~")
    opened.read_until(lambda: opened.raw.count(b"\x1b[?1003h") > taken)


def test_leaving_asks_about_runs_and_lets_them_finish(
    terminal: Callable[..., Terminal], gate: Path, database: Path
) -> None:
    opened = terminal()
    run_slow(opened, gate)
    opened.press("q")
    opened.shows("Quit and let them finish")
    opened.press("\x1b")
    opened.read_until(lambda: "Quit and let them finish" not in opened.text)
    opened.press("q")
    opened.shows("Quit and let them finish")
    opened.press("f")
    opened.read_until(lambda: b"1 run still active; ctrl+c cancels" in opened.raw)
    gate.touch()
    assert opened.exit_code() == 0
    assert last_run(database).status == "completed"
    told = opened.raw.decode().rpartition("ctrl+c cancels")[2]
    assert re.search(r"✓ slow  \S+  completed +\d", told), told


@pytest.mark.slow
def test_leaving_can_cancel_the_runs(terminal: Callable[..., Terminal], gate: Path, database: Path) -> None:
    opened = terminal()
    run_slow(opened, gate)
    opened.press("q")
    opened.shows("Cancel them and quit")
    opened.press("c")
    assert opened.exit_code() == 0
    assert last_run(database).status == "cancelled"
    assert "■ slow" in opened.raw.decode()


@pytest.mark.slow
def test_interrupt_cancels_runs_left_by_the_screen(
    terminal: Callable[..., Terminal], gate: Path, database: Path
) -> None:
    opened = terminal()
    run_slow(opened, gate)
    opened.press("q")
    opened.shows("Quit and let them finish")
    opened.press("f")
    opened.read_until(lambda: b"ctrl+c cancels" in opened.raw)
    opened.press("\x03")
    assert opened.exit_code() == 0
    assert last_run(database).status == "cancelled"


def test_sigterm_cancels_runs_and_exits(terminal: Callable[..., Terminal], gate: Path, database: Path) -> None:
    opened = terminal()
    run_slow(opened, gate)
    opened.kill(signal.SIGTERM)
    assert opened.exit_code() == 0
    assert last_run(database).status == "cancelled"


@pytest.mark.slow
@pytest.mark.parametrize("python", [{"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {}], ids=["ascii", "utf-8"])
def test_ascii_locale_gets_only_ascii(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], python: dict[str, str]
) -> None:
    put_workflow("plain")
    opened = terminal(LANG="C", LC_CTYPE="C", **python)
    opened.shows("plain")
    opened.shows("enter Open")
    opened.press("d")
    opened.shows("Duplicate plain as")
    opened.press("\x1b")
    opened.read_until(lambda: "Duplicate plain as" not in opened.text)
    opened.press("\r")
    opened.shows("Problems")
    opened.press("\x1b[21~")
    assert opened.exit_code() == 0
    assert opened.raw.isascii()


@pytest.mark.parametrize("replacement", [None, b"no database" * 1000], ids=["removed", "replaced"])
def test_leaving_without_the_history_of_a_run_prints_a_sentence(
    terminal: Callable[..., Terminal], gate: Path, database: Path, replacement: bytes | None
) -> None:
    opened = terminal(size=(120, 40))
    run_slow(opened, gate)
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()
    if replacement is not None:
        database.write_bytes(replacement)
    opened.shows("deleted, moved or replaced")
    gate.touch()
    opened.read_until(lambda: "1 running" not in opened.text)
    opened.press("q")
    code = opened.exit_code()
    told = opened.raw.decode().rpartition("\x1b[23;2t")[2]
    sentences = [line for line in told.splitlines() if "was deleted, moved or replaced while it was in use" in line]
    assert sentences and len(set(sentences)) == len(sentences), told
    assert "Traceback" not in told
    assert code == 0


def test_dumb_terminal_is_referred_to_the_command_line(terminal: Callable[..., Terminal]) -> None:
    opened = terminal(TERM="dumb")
    opened.read_until(lambda: b"wftui run ID" in opened.raw)
    assert b"\x1b[" not in opened.raw


def test_no_color_removes_colors(terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]) -> None:
    put_workflow("plain")
    opened = terminal(NO_COLOR="1")
    opened.shows("never run")
    opened.press("\r")
    opened.shows("Ready")
    opened.press("\x1b[21~")
    assert opened.exit_code() == 0
    colors = re.findall(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10\d)(?:;\d+)*m", opened.raw)
    assert colors == []


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(("locale", "line", "other"), [("C.UTF-8", "╔═ Steps", "╭─ "), ("C", "+= Steps", "+- ")])
def test_without_colors_lines_show_the_focused_pane(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], locale: str, line: str, other: str
) -> None:
    put_workflow("plain")
    utf8 = "0" if locale == "C" else "1"
    opened = terminal(size=(120, 46), NO_COLOR="1", LANG=locale, PYTHONUTF8=utf8, PYTHONCOERCECLOCALE="0")
    opened.shows("never run")
    opened.press("\r")
    opened.shows("Ready")
    for title in ("Inspector", "Canvas", "Source"):
        opened.shows(f"{other}{title}")
    opened.shows(line)
    opened.press("2")
    opened.shows(line.replace("Steps", "Source"))
    opened.shows(f"{other}Steps")


def test_external_editor_borrows_the_terminal(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path], tmp_path: Path
) -> None:
    put_workflow("plain", name="Before")
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho editing "$1"\nread line\nsed -i s/Before/After/ "$1"\n')
    editor.chmod(0o755)
    opened = terminal(EDITOR=str(editor), VISUAL="")
    opened.shows("Before")
    opened.press("o")
    opened.read_until(lambda: b"editing /" in opened.raw)
    opened.press("done\n")
    opened.shows("After")


def test_stopped_program_restores_the_terminal_once(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]
) -> None:
    put_workflow("plain")
    opened = terminal()
    opened.shows("never run")
    opened.kill(signal.SIGSTOP)
    opened.kill(signal.SIGCONT)
    opened.read_until(lambda: opened.raw.count(b"\x1b[?1049h") == 2)
    assert opened.raw.count(b"\x1b[?1049l") == 1
    opened.press("q")
    assert opened.exit_code() == 0


def test_suspended_program_draws_its_screen_again(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]
) -> None:
    put_workflow("plain")
    opened = terminal()
    opened.shows("never run")
    opened.press("\x1a")
    opened.read_until(lambda: b"\x1b[?1049l" in opened.raw)
    opened.read_until(opened.is_stopped)
    opened.screen.reset()
    opened.kill(signal.SIGCONT)
    opened.shows("never run")
    opened.press("q")
    assert opened.exit_code() == 0


def test_light_terminal_gets_the_light_theme(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]
) -> None:
    put_workflow("plain")
    opened = terminal(COLORTERM="truecolor")
    opened.read_until(lambda: b"\x1b]11;?" in opened.raw)
    opened.press("\x1b]11;rgb:ffff/ffff/ffff\x07")
    opened.read_until(lambda: b"48;2;244;245;247" in opened.raw)
    opened.press("q")
    assert opened.exit_code() == 0


def test_bytes_beyond_utf8_are_shown_as_replacement_characters(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]
) -> None:
    put_workflow("plain")
    opened = terminal()
    opened.shows("never run")
    opened.press("\udcff\udce9H")
    opened.shows("No runs yet")
    opened.press("/")
    opened.press("caf\udce9 \x1b[200~gr\udcfcn\x1b[201~.")
    opened.shows("caf\ufffd gr\ufffdn.")
    opened.press("\x1b")
    opened.press("q")
    assert opened.exit_code() == 0
