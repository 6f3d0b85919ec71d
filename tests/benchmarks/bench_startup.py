"""Start-up: commands against a bare interpreter, first frame against a bare app.

First frames are measured by CPU time, user and system.
"""

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
import sys

for name in sys.argv[1:]:
    __import__(name)

from textual.app import App, ComposeResult
from textual.scroll_view import ScrollView
from textual.widgets import Static


class Table(ScrollView, can_focus=True):
    pass


class Same(App):
    def compose(self) -> ComposeResult:
        yield Static("SAME-FRAME")
        yield Static("heading")
        yield Table()
        yield from (Static(text) for text in ("message", "about", "footer"))

    def on_mount(self) -> None:
        self.query_one(Table).focus()


Same().run()
"""
"""The widgets of the first screen without anything of ours: the floor of its first frame."""

_LIBRARIES = ("argparse", "gettext", "getpass")
"""Of the standard library: what the first screen needs and Textual does not."""
_MODULES = """
import sys
import wftui.cli.dispatch, wftui.cli.commands.screen
import wftui.tui.launch, wftui.tui.screens.workflows_screen, wftui.tui.terminal.driver
print(sum(name.startswith("wftui") for name in sys.modules))
"""


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
            lambda: first_frame(screen, b"Workflows"), lambda: first_frame(hello, b"HELLO-FRAME"), rounds=21
        )
    yield Row("first frame of the screen", _ms(pair.median_a), f"hello-world {_ms(pair.median_b)}", pair.ratio, 1.1)
    same = [sys.executable, "-c", SAME]
    pair = measure_pair(lambda: first_frame(same, b"SAME-FRAME"), lambda: first_frame(hello, b"HELLO-FRAME"), rounds=21)
    yield Row("first frame of its widgets alone", _ms(pair.median_a), f"hello-world {_ms(pair.median_b)}", pair.ratio)
    count = int(subprocess.run([sys.executable, "-c", _MODULES], check=True, capture_output=True, text=True).stdout)
    with tempfile.TemporaryDirectory() as folder:
        names = [f"empty_{number}" for number in range(count)]
        for name in names:
            (Path(folder) / f"{name}.py").touch()
        empty = ["/usr/bin/env", f"PYTHONPATH={folder}", *same, *_LIBRARIES, *names]
        pair = measure_pair(
            lambda: first_frame(empty, b"SAME-FRAME"), lambda: first_frame(hello, b"HELLO-FRAME"), rounds=21
        )
    what = f"first frame of its widgets, with its libraries and {count} empty modules"
    yield Row(what, _ms(pair.median_a), f"hello-world {_ms(pair.median_b)}", pair.ratio)


def _run(command: list[str]) -> float:
    return timed(lambda: subprocess.run(command, check=True, capture_output=True))


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def first_frame(command: list[str], marker: bytes) -> float:
    """Seconds of CPU of a program in a pseudo-terminal until it has painted `marker`."""
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
    finally:
        os.kill(pid, signal.SIGKILL)
        _, _, used = os.wait4(pid, 0)
        os.close(terminal)
    return used.ru_utime + used.ru_stime
