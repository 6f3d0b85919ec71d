"""Paths of a run, and atomic writing."""

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import IO
from urllib.parse import unquote_to_bytes

from wftui.model.user.home_paths import expanded
from wftui.runtime.workflow_errors import WorkflowError
from wftui.workspace.regular import special_kind
from wftui.workspace.temporary_file import temporary_beside

_URL = "file:///"


def resolve_path(text: str, base: Path) -> Path:
    """Resolve a path of a step: `~` is the home directory, `base` the start.

    A `file:///` URL is a path whose name is not UTF-8; see `path_text`.

    Raises:
        WorkflowError: `file.path` when it is empty or has a zero byte.
    """
    if not text or "\0" in text:
        raise WorkflowError("file.path", f"{text!r} is not a valid path.")
    if text.startswith(_URL):
        name = os.fsdecode(unquote_to_bytes(text.removeprefix(_URL)))
        if "\0" in name:
            raise WorkflowError("file.path", f"{text!r} is not a valid path.")
        return Path(f"/{name}")
    return base / expanded(text)


def path_text(path: Path) -> str:
    """Return a path as text that a step can take.

    It is a `file:///` URL if a name is not UTF-8.
    """
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        return path.absolute().as_uri()
    return text


def readable_name(name: str) -> str:
    r"""Return a name for people: bytes that are not UTF-8 as `\xe9`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def real_path(path: Path) -> Path:
    """Return the path with all links followed; missing parts stay as written.

    Raises:
        OSError: when links lead in a circle.
    """
    try:
        return path.resolve()
    except RuntimeError:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None


def check_kind(path: Path) -> None:
    """Check that a path is not one of a pipe, a socket or a device.

    They block, never end, or would be replaced by a file.

    Raises:
        WorkflowError: `file.kind`.
    """
    with contextlib.suppress(OSError):  # what uses the path says it
        if (kind := special_kind(path.stat().st_mode)) is not None:
            raise WorkflowError("file.kind", f"{str(path)!r} is {kind}, not a file.")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that replaces `path` on success and is discarded on failure.

    A link stays one: what it leads to is written.

    Raises:
        WorkflowError: `file.kind` when the path is one of a pipe, a socket or a device.
    """
    place = real_path(path)
    check_kind(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Nobody may read it who may not read what it replaces.
        with temporary_beside(place, 0o600 if place.exists() else 0o666) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if place.exists():
                Path(file.name).chmod(place.stat().st_mode & 0o7777)
            Path(file.name).replace(place)
    except OSError as error:
        if error.filename == str(place):
            error.filename = str(path)
        raise


@contextlib.asynccontextmanager
async def replacing_file(path: Path) -> AsyncIterator[Callable[[bytes], Awaitable[int]]]:
    """As `replacing`, for a coroutine; yields a function that writes in a thread.

    Raises:
        WorkflowError: `file.write` when the file cannot be written.
    """
    try:
        with replacing(path) as file:

            async def write(data: bytes) -> int:
                return await asyncio.to_thread(file.write, data)

            yield write
    except OSError as error:
        raise WorkflowError("file.write", f"{str(path)!r} cannot be written: {error.strerror or error}.") from error
