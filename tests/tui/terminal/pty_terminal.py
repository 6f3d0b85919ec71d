"""The real program in a pseudo-terminal, for tests."""

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
from collections.abc import Callable
from pathlib import Path

import pyte
from helpers import PATIENCE

from wftui.model.run.record import ExecutionRecord
from wftui.store.execution_store import ExecutionStore

_TIOCGPTN = 0x80045430
_CUT = re.compile(rb"\x1b(\[[0-?]*)?\Z")
"""The beginning of a control sequence whose rest has not arrived."""

PROGRAM = """
import asyncio, sys
from pathlib import Path
from wftui.tui.launch import run_app
from wftui.workbench import Settings, Workbench
start = None
bench = Workbench(Settings(tables=Path(sys.argv[1]), database=Path(sys.argv[2]), user_id="ada"))
sys.exit(asyncio.run(run_app(bench, start)))
"""


class Terminal:
    """A program in a pseudo-terminal, and its screen."""

    def __init__(
        self,
        tables: Path,
        database: Path,
        own: bool = True,
        size: tuple[int, int] = (80, 24),
        start: str = "",
        **environment: str,
    ) -> None:
        """Start the program, with the source of a function `start` called first."""
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._held = b""
        self._is_late = False
        self._read_at = time.monotonic()
        settings = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
        for name in ("LC_ALL", "COLUMNS", "LINES"):
            settings.pop(name, None)
        window = struct.pack("HHHH", size[1], size[0], 0, 0)
        command = [
            sys.executable,
            "-c",
            PROGRAM.replace("start = None", start or "start = None"),
            str(tables),
            str(database),
        ]
        if own:
            self.pid, self._fd = pty.fork()
            if self.pid == 0:
                fcntl.ioctl(0, termios.TIOCSWINSZ, window)
                os.execve(sys.executable, command, settings)
        else:
            # A terminal that is not the controlling one: nobody tells the program when it goes away.
            self._fd, inner = pty.openpty()
            fcntl.ioctl(inner, termios.TIOCSWINSZ, window)
            actions = [(os.POSIX_SPAWN_DUP2, inner, stream) for stream in (0, 1, 2)]
            self.pid = os.posix_spawn(sys.executable, command, settings, file_actions=actions, setsid=True)
            os.close(inner)

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def read_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"still not so:\n{self.text}"
            if self._read(0.2) == 0:
                assert condition(), f"it ended, and still not so:\n{self.text}"
                return

    def read_arrived(self) -> None:
        """Read what has arrived, without waiting."""
        while self._read(0):
            pass

    def read_slowly(self) -> None:
        """Read as over a line of two kilobytes a second, for a tenth of a second."""
        self._read(0.1, 200)
        time.sleep(0.1)

    def _read(self, seconds: float, most: int = 65536) -> int | None:
        """Read once; return the number of bytes, 0 at the end, None without any in time.

        After a pause of this process it reads little at once: a notification that has come and gone meanwhile is seen.
        """
        self._is_late = self._is_late or time.monotonic() - self._read_at > 1
        ready, _, _ = select.select([self._fd], [], [], seconds)
        self._read_at = time.monotonic()
        if not ready:
            self._is_late = False
            return None
        try:
            data = os.read(self._fd, min(most, 500) if self._is_late else most)
        except OSError:  # it has ended
            data = b""
        self.raw += data
        whole = self._held + data
        cut = _CUT.search(whole)
        self._held = cut[0] if cut and data else b""
        # pyte takes the private modes of newer terminals for text.
        shown = whole.removesuffix(self._held)
        self._stream.feed(re.sub(rb"\x1b\[[<>=?][0-9;$]*[a-zA-Z]|\x1b\[[0-9;]*t", b"", shown))
        return len(data)

    def is_stopped(self) -> bool:
        """Return whether a signal has stopped the program."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def shows(self, text: str) -> None:
        self.read_until(lambda: text in self.text)

    def stop_reading(self) -> None:
        """Stop the output, as ctrl+s does, or an SSH line that stalls; keys still arrive."""
        self._flow(termios.TCOOFF)

    def read_again(self) -> None:
        """Let the output continue."""
        self._flow(termios.TCOON)

    def _flow(self, action: int) -> None:
        name = struct.unpack("I", fcntl.ioctl(self._fd, _TIOCGPTN, b"\0" * 4))[0]
        inner = os.open(f"/dev/pts/{name}", os.O_RDWR | os.O_NOCTTY)
        try:
            termios.tcflow(inner, action)
        finally:
            os.close(inner)

    def press(self, keys: str) -> None:
        r"""Send keys; a byte that is not UTF-8 is written as in `\udcff`."""
        os.write(self._fd, keys.encode(errors="surrogateescape"))

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
