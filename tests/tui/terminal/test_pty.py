"""The real program in a pseudo-terminal: lost terminals, signals, quitting."""

import asyncio
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyte
import pytest
from helpers import PATIENCE

from wftui.model.run.record import ExecutionRecord
from wftui.store.execution_store import ExecutionStore

pytestmark = pytest.mark.pty

PROGRAM = """
import asyncio, sys
from pathlib import Path
from wftui.tui.app import run_app
from wftui.workbench import Settings, Workbench
bench = Workbench(Settings(tables=Path(sys.argv[1]), database=Path(sys.argv[2]), user_id="ada"))
sys.exit(asyncio.run(run_app(bench)))
"""


class Terminal:
    """A program in a pseudo-terminal, and its screen."""

    def __init__(self, tables: Path, database: Path, own: bool = True, **environment: str) -> None:
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        settings = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
        settings.pop("LC_ALL", None)
        command = [sys.executable, "-c", PROGRAM, str(tables), str(database)]
        if own:
            self.pid, self._fd = pty.fork()
            if self.pid == 0:
                os.execve(sys.executable, command, settings)
        else:
            # A terminal that is not the controlling one: nobody tells the program when it goes away.
            self._fd, inner = pty.openpty()
            actions = [(os.POSIX_SPAWN_DUP2, inner, stream) for stream in (0, 1, 2)]
            self.pid = os.posix_spawn(sys.executable, command, settings, file_actions=actions, setsid=True)
            os.close(inner)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def read_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"still not so:\n{self.text}"
            ready, _, _ = select.select([self._fd], [], [], 0.2)
            if ready:
                try:
                    data = os.read(self._fd, 65536)
                except OSError:  # it has ended
                    data = b""
                if not data:
                    assert condition(), f"it ended, and still not so:\n{self.text}"
                    return
                self.raw += data
                # pyte takes the private modes of newer terminals for text.
                self._stream.feed(re.sub(rb"\x1b\[[<>=?][0-9;$]*[a-zA-Z]|\x1b\[[0-9;]*t", b"", data))

    def shows(self, text: str) -> None:
        self.read_until(lambda: text in self.text)

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def close(self) -> None:
        """Lose the terminal, as when its window is closed."""
        os.close(self._fd)
        self._fd = -1

    def kill(self, number: int) -> None:
        os.kill(self.pid, number)

    def exit_code(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            if self._fd >= 0:
                ready, _, _ = select.select([self._fd], [], [], 0.02)
                with contextlib.suppress(OSError):
                    self.raw += os.read(self._fd, 65536) if ready else b""
            else:
                time.sleep(0.02)
        raise AssertionError(f"it did not end:\n{self.text}")

    def clean_up(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self._fd >= 0:
            os.close(self._fd)


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

    def start(own: bool = True, **environment: str) -> Terminal:
        opened.append(Terminal(tables, database, own, **environment))
        return opened[-1]

    yield start
    for one in opened:
        one.clean_up()


def run_slow(opened: Terminal, gate: Path) -> None:
    opened.shows("slow")
    opened.shows("never run")
    opened.press("r")
    opened.read_until(lambda: Path(f"{gate}.waits").exists())


def last_run(database: Path) -> ExecutionRecord:
    async def read() -> ExecutionRecord:
        store = await ExecutionStore.open(database)
        try:
            record = await store.get(await store.find("last"))
            assert record is not None
            return await store.resolve_record(record)
        finally:
            await store.close()

    return asyncio.run(read())


def test_a_run_outlives_a_terminal_that_is_closed(
    terminal: Callable[..., Terminal], gate: Path, database: Path
) -> None:
    opened = terminal()
    run_slow(opened, gate)
    opened.close()
    assert last_run(database).status == "running"
    gate.touch()
    assert opened.exit_code() == 0
    record = last_run(database)
    assert (record.status, record.outputs) == ("completed", {"said": "through\n"})


def test_a_run_outlives_a_terminal_that_goes_away_without_a_word(
    terminal: Callable[..., Terminal], gate: Path, database: Path
) -> None:
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


def test_leaving_can_cancel_the_runs(terminal: Callable[..., Terminal], gate: Path, database: Path) -> None:
    opened = terminal()
    run_slow(opened, gate)
    opened.press("q")
    opened.shows("Cancel them and quit")
    opened.press("c")
    assert opened.exit_code() == 0
    assert last_run(database).status == "cancelled"
    assert "■ slow" in opened.raw.decode()


def test_an_interrupt_cancels_what_finishes_without_the_screen(
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


def test_a_request_to_end_cancels_the_runs_and_ends(
    terminal: Callable[..., Terminal], gate: Path, database: Path
) -> None:
    opened = terminal()
    run_slow(opened, gate)
    opened.kill(signal.SIGTERM)
    assert opened.exit_code() == 0
    assert last_run(database).status == "cancelled"


def test_nothing_but_ascii_where_the_locale_shows_no_more(
    terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]
) -> None:
    put_workflow("plain")
    opened = terminal(LANG="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
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


def test_a_dumb_terminal_is_told_of_the_command_line(terminal: Callable[..., Terminal]) -> None:
    opened = terminal(TERM="dumb")
    opened.read_until(lambda: b"wftui run ID" in opened.raw)
    assert b"\x1b[" not in opened.raw


def test_no_colour_is_no_colour(terminal: Callable[..., Terminal], put_workflow: Callable[..., Path]) -> None:
    put_workflow("plain")
    opened = terminal(NO_COLOR="1")
    opened.shows("never run")
    opened.press("\r")
    opened.shows("Ready")
    opened.press("\x1b[21~")
    assert opened.exit_code() == 0
    colours = re.findall(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10\d)(?:;\d+)*m", opened.raw)
    assert colours == []


def test_the_users_editor_gets_the_terminal_and_gives_it_back(
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


def test_a_program_that_was_stopped_from_outside_takes_the_terminal_again_once(
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
