"""Start-up: the command line against a bare interpreter, the first painted frame against a hello-world Textual app."""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterable
from pathlib import Path

from measure import Row, measure_pair, timed

HELLO = """
from textual.app import App, ComposeResult
from textual.widgets import Static


class Hello(App):
    def compose(self) -> ComposeResult:
        yield Static("HELLO-FRAME")


Hello().run()
"""

SAME = """
from textual.app import App, ComposeResult
from textual.scroll_view import ScrollView
from textual.widgets import Input, Static


class Table(ScrollView, can_focus=True):
    pass


class Same(App):
    def compose(self) -> ComposeResult:
        yield Static("SAME-FRAME")
        yield Input(placeholder="filter", disabled=True)
        yield Static("heading")
        yield Table()
        yield from (Static(text) for text in ("message", "about", "footer"))

    def on_mount(self) -> None:
        self.query_one(Table).focus()


Same().run()
"""
"""The widgets of the first screen without anything of ours: the floor of its first frame."""


def rows() -> Iterable[Row]:
    """Version, help and first frame."""
    wftui = shutil.which("wftui", path=str(Path(sys.executable).parent))
    command = [wftui] if wftui else [sys.executable, "-m", "wftui"]
    bare = [sys.executable, "-c", "pass"]
    pair = measure_pair(lambda: _run([*command, "--version"]), lambda: _run(bare), rounds=21)
    yield Row("wftui --version", _ms(pair.median_a), f"python -c pass {_ms(pair.median_b)}", pair.ratio, 3)
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(__file__).parents[2] / "tables"
        screen = [*command, "--tables", str(tables), "--db", f"{folder}/bench.db"]
        hello = [sys.executable, "-c", HELLO]
        pair = measure_pair(
            lambda: first_frame(screen, b"Workflows"), lambda: first_frame(hello, b"HELLO-FRAME"), rounds=9
        )
    yield Row("first frame of the screen", _ms(pair.median_a), f"hello-world {_ms(pair.median_b)}", pair.ratio, 1.1)
    same = [sys.executable, "-c", SAME]
    pair = measure_pair(lambda: first_frame(same, b"SAME-FRAME"), lambda: first_frame(hello, b"HELLO-FRAME"), rounds=9)
    yield Row("first frame of its widgets alone", _ms(pair.median_a), f"hello-world {_ms(pair.median_b)}", pair.ratio)


def _run(command: list[str]) -> float:
    return timed(lambda: subprocess.run(command, check=True, capture_output=True))


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def first_frame(command: list[str], marker: bytes) -> float:
    """Seconds from the start of a program in a pseudo-terminal until it has painted `marker`."""
    begin = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen = b""
    try:
        while marker not in seen:
            if not select.select([terminal], [], [], 20)[0]:
                raise TimeoutError(f"{command} painted no {marker!r}: {seen[-500:]!r}")
            seen += os.read(terminal, 65536)
        return time.perf_counter() - begin
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
