"""The process of one tab: `wftui` in a pseudo-terminal of its own.

It ends like in any terminal whose window is closed: the screen at once, the process after its runs.
"""

import asyncio
import fcntl
import os
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from wftui.model.errors import UserError
from wftui.steps.process.process_mark import MARK

_READ_SIZE = 64 * 1024
_LEAST, _MOST = 2, 1000
_WITH_TERMINAL = (
    "import fcntl,os,signal,sys,termios;signal.signal(signal.SIGHUP,signal.SIG_DFL);"
    "fcntl.ioctl(0,termios.TIOCSCTTY,0);os.execv(sys.argv[1],sys.argv[1:])"
)
"""Makes stdin the controlling terminal, for SIGHUP at its loss, also below `nohup`, and becomes another program."""
_OTHER_TERMINALS = ("TMUX", "STY", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLUMNS", "LINES", "COLORFGBG", MARK)


class ScreenProcess:
    """A process in a pseudo-terminal.

    Use `start`.
    """

    def __init__(self, terminal: int, process: subprocess.Popen[bytes]) -> None:
        self._terminal = terminal
        self._process = process

    @classmethod
    async def start(cls, command: Sequence[str], columns: int, rows: int) -> "ScreenProcess":
        """Start a command in a terminal of a size.

        Raises:
            UserError: it cannot start: too many files or processes, or an upgrade has removed the interpreter.
        """
        try:
            return await cls._start(command, columns, rows)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UserError(f"cannot start the screen: {reason}", code="web.screen") from error

    @classmethod
    async def _start(cls, command: Sequence[str], columns: int, rows: int) -> "ScreenProcess":
        ours, theirs = os.openpty()
        try:
            os.set_blocking(ours, False)
            _set_size(ours, columns, rows)
            process = await asyncio.to_thread(
                subprocess.Popen,
                [sys.executable, "-ISc", _WITH_TERMINAL, *command],
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
                env=_environment(os.environ),
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return cls(ours, process)

    async def read(self) -> bytes:
        """Return the next output of the process; empty at its end."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return os.read(self._terminal, _READ_SIZE)
            except BlockingIOError:
                ready = loop.create_future()
                loop.add_reader(self._terminal, _done, ready)
                try:
                    await ready
                finally:
                    loop.remove_reader(self._terminal)
            except OSError:  # EIO: the process has ended
                return b""

    async def write(self, data: bytes) -> None:
        """Type into the terminal; input that no process reads is dropped."""
        loop = asyncio.get_running_loop()
        while data:
            try:
                data = data[os.write(self._terminal, data) :]
            except BlockingIOError:
                ready = loop.create_future()
                loop.add_writer(self._terminal, _done, ready)
                try:
                    await ready
                finally:
                    loop.remove_writer(self._terminal)
            except OSError:  # EIO: the process has ended
                return

    def resize(self, columns: int, rows: int) -> None:
        """Set the size of the terminal."""
        with suppress(OSError):  # the process has ended
            _set_size(self._terminal, columns, rows)

    def close(self) -> None:
        """Take the terminal away: SIGHUP ends the screen, and the process after its runs.

        A thread awaits that, as it may take longer than the server.
        """
        os.close(self._terminal)
        threading.Thread(target=self._process.wait, name="screen-end", daemon=True).start()


def _set_size(terminal: int, columns: int, rows: int) -> None:
    size = (min(max(rows, _LEAST), _MOST), min(max(columns, _LEAST), _MOST))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the page's terminal, not of the server's."""
    kept = {name: value for name, value in given.items() if name not in _OTHER_TERMINALS}
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def _done(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
