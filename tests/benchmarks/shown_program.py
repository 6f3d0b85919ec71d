"""The program in a pseudo-terminal: CPU time and bytes of its keys. Linux only."""

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
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

_PATIENCE = 120.0
_QUIET = 0.3
"""Seconds without a byte and with hardly any CPU time after which a key has had all of its effects."""
_IDLE = 0.005
_UNKNOWN = re.compile(rb"\x1b\[[<>=?][0-9;$]*[a-zA-Z]|\x1b\[[0-9;]*t")
"""Sequences that pyte takes for text."""


@dataclass(frozen=True, slots=True)
class KeyCost:
    """The cost of a key.

    Attributes:
        frame: CPU seconds of the event loop's thread until the first frame.
        loop: CPU seconds of that thread with all that follows.
        total: CPU seconds of the process with all that follows.
        written: bytes to the terminal.
    """

    frame: float
    loop: float
    total: float
    written: int


class ShownProgram:
    """The screens of a workspace, in a terminal that is read at once."""

    def __init__(self, folder: Path, *, size: tuple[int, int] = (120, 40)) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self._places = ["--tables", str(folder / "tables"), "--db", str(folder / "runs.db")]
        self._environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        self._environment |= {f"XDG_{name}_HOME": str(folder / name) for name in ("DATA", "CONFIG", "STATE", "CACHE")}
        self._window = struct.pack("HHHH", size[1], size[0], 0, 0)

    def __enter__(self) -> Self:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, self._window)
            os.execve(sys.executable, [sys.executable, "-m", "wftui", *self._places], self._environment)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._terminal)

    @property
    def text(self) -> str:
        """The text on the terminal."""
        return "\n".join(self.screen.display)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._terminal, keys.encode())

    def shows(self, text: str) -> None:
        """Wait for a text on the screen."""
        self._wait(text, True)

    def hides(self, text: str) -> None:
        """Wait until a text is no longer on the screen."""
        self._wait(text, False)

    def _wait(self, text: str, is_there: bool) -> None:
        deadline = time.monotonic() + _PATIENCE
        while (text in self.text) != is_there:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{'no' if is_there else 'still'} {text!r}:\n{self.text}")
            self._read(0.2)

    def cost(self, key: str) -> KeyCost:
        """Type a key, and measure until the program is idle again."""
        loop, total = self.cpu()
        self.press(key)
        written = self._read(_PATIENCE)
        frame = self.cpu()[0]
        return KeyCost(frame - loop, *self._until_idle(loop, total, written))

    def cost_of_run(self, key: str, times: int, pause: float) -> KeyCost:
        """Type a key several times; measure until the program is idle again."""
        loop, total = self.cpu()
        written = 0
        for _ in range(times):
            self.press(key)
            due = time.monotonic() + pause
            while (left := due - time.monotonic()) > 0:
                written += self._read(left)
        frame = self.cpu()[0]
        return KeyCost(frame - loop, *self._until_idle(loop, total, written))

    def settle(self) -> None:
        """Wait until the program is idle."""
        self._until_idle(0, 0, 0)

    def memory(self) -> float:
        """Resident memory, in MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def cpu(self) -> tuple[float, float]:
        """CPU seconds of the thread of the event loop, and of the process."""
        tasks = Path(f"/proc/{self.pid}/task")
        taken = {each.name: int((each / "schedstat").read_text().split()[0]) / 1e9 for each in tasks.iterdir()}
        return taken[str(self.pid)], sum(taken.values())

    def _until_idle(self, loop: float, total: float, written: int) -> tuple[float, float, int]:
        while True:
            before = self.cpu()
            more = self._read(_QUIET)
            written += more
            if not more and self.cpu()[1] - before[1] < _IDLE:
                return before[0] - loop, before[1] - total, written

    def _read(self, seconds: float) -> int:
        if not select.select([self._terminal], [], [], seconds)[0]:
            return 0
        data = os.read(self._terminal, 65536)
        self._stream.feed(_UNKNOWN.sub(b"", data))
        return len(data)
