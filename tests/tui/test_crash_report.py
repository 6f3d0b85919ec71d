"""The crash report: locations, and no values."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
from pathlib import Path

import pytest
from helpers import PATIENCE

pytestmark = pytest.mark.pty

PROGRAM = """
import asyncio, sys
from pathlib import Path
from wftui.tui.launch import run_app
from wftui.workbench import Settings, Workbench

def broken(app):
    token = "tok-" + "3e8a-secret"
    inputs = {"token": token}
    return [][len(inputs)]

bench = Workbench(Settings(tables=Path(sys.argv[1]), database=Path(sys.argv[1]) / "runs.db", user_id="ada"))
sys.exit(asyncio.run(run_app(bench, start=broken)))
"""


def test_a_breakdown_shows_no_variables(tmp_path: Path) -> None:
    process, terminal = pty.fork()
    if process == 0:
        environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        os.execve(sys.executable, [sys.executable, "-c", PROGRAM, str(tmp_path)], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    message = b""
    while select.select([terminal], [], [], PATIENCE)[0]:
        try:
            message += os.read(terminal, 65536)
        except OSError:  # it has ended
            break
    else:
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 1
    assert b"IndexError" in message
    assert b"3e8a-secret" not in message
