"""Secret references: `env:NAME`, `file:PATH`, `cmd:PROGRAM …`, `store:NAME`."""

import contextlib
import os
import re
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from wftui.connections.connection_errors import ConnectionsError
from wftui.connections.secret_store import SecretStore
from wftui.model.user.home_paths import expanded

COMMAND_SECONDS = 60.0
"""Time limit of a program that prints a secret; it may have to ask the user to unlock it."""

MOST_BYTES = 1024 * 1024
"""Maximum size of a secret, at which endless files and programs are cut off."""
_QUIET_SECONDS = 0.25

_REFERENCE = re.compile(r"^(env|file|cmd|store):(.+)$", re.DOTALL)


def is_reference(text: str) -> bool:
    """Return whether a text is a secret reference."""
    return _REFERENCE.match(text) is not None


def resolve_reference(text: str, store: SecretStore, environment: Mapping[str, str] = os.environ) -> str:
    """Return the secret behind a reference, without a final newline.

    Blocks: a program may take some time.

    Raises:
        ConnectionsError: `connection.reference` when it cannot be found, naming where.
    """
    found = _REFERENCE.match(text)
    if found is None:
        raise ConnectionsError(
            "not a secret reference; write env:NAME, file:PATH, cmd:PROGRAM or store:NAME",
            code="connection.reference",
        )
    kind, rest = found[1], found[2].strip()
    match kind:
        case "env":
            secret = environment.get(rest)
            where = f"the environment variable {rest} is not set"
        case "file":
            secret, where = _from_file(expanded(rest))
        case "cmd":
            secret, where = _from_command(rest, environment)
        case _:
            secret = store.get(rest)
            where = f"the secret store has no secret {rest}"
    if not secret:
        raise ConnectionsError(where if secret is None else f"{text} is empty", code="connection.reference")
    return secret


def _from_file(path: Path) -> tuple[str | None, str]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb"):
            data = _read(handle, COMMAND_SECONDS)
        return _without_line_end(data.decode().replace("\r\n", "\n").replace("\r", "\n")), ""
    except UnicodeDecodeError:
        return None, f"{path} is not UTF-8 text"
    except TimeoutError:
        return None, f"nothing was written into {path} within {COMMAND_SECONDS:g} s"
    except OverflowError:
        return None, f"{path} is larger than {MOST_BYTES:,} bytes"
    except OSError as error:
        return None, f"cannot read {path}: {(error.strerror or str(error)).lower()}"


def _from_command(line: str, environment: Mapping[str, str]) -> tuple[str | None, str]:
    try:
        argv = shlex.split(line)
    except ValueError as error:
        return None, f"the command of a secret cannot be parsed: {str(error).lower()}"
    if not argv:
        return None, "the command of a secret is empty"
    try:
        # In the session of this program: it may ask on the terminal.
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
        )
    except FileNotFoundError:
        return None, f"the program {argv[0]} was not found"
    except OSError as error:
        return None, f"the program {argv[0]} could not be started: {(error.strerror or str(error)).lower()}"
    assert process.stdout is not None
    ended = False
    try:
        # What it leaves running may hold its output open.
        data = _read(process.stdout.fileno(), COMMAND_SECONDS, has_ended=lambda: process.poll() is not None)
        code = process.wait(COMMAND_SECONDS)
        ended = True
    except (TimeoutError, subprocess.TimeoutExpired):
        return None, f"the program {argv[0]} printed no secret within {COMMAND_SECONDS:g} s"
    except OverflowError:
        return None, f"the program {argv[0]} printed more than {MOST_BYTES:,} bytes"
    finally:
        process.stdout.close()
        if not ended:
            _end(process)
    if code != 0:
        # Its output is left out: it may contain part of the secret.
        return None, f"the program {argv[0]} ended with exit code {code}"
    return _without_line_end(data.decode("utf-8", "replace")), ""


def _read(descriptor: int, seconds: float, has_ended: Callable[[], bool] = lambda: False) -> bytes:
    """Read to the end.

    Args:
        has_ended: whether nothing more will be written; asked before each wait for more.

    Raises:
        TimeoutError: the end did not come in time.
        OverflowError: there is more than `MOST_BYTES`.
    """
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    data = b""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended = has_ended()
        if not poller.poll(_QUIET_SECONDS * 1000):
            if ended:
                return data
            continue
        piece = os.read(descriptor, 65_536)
        if not piece:
            return data
        data += piece
        if len(data) > MOST_BYTES:
            raise OverflowError
    raise TimeoutError


def _end(process: "subprocess.Popen[bytes]") -> None:
    import psutil

    process.send_signal(signal.SIGSTOP)  # it starts no more children
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    process.kill()
    process.wait()


def _without_line_end(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")
