"""Export of values to the clipboard or to a file."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TextIO

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.run.steps import ValueRef
from wftui.store.events.payloads import as_reference
from wftui.workspace.private import PRIVATE_FILE

COPY_LIMIT = 1_000_000
"""Characters that the clipboard takes."""
TextSource = Callable[[ValueRef, int], Awaitable[tuple[str, int | None]]]
"""Returns JSON text of a stored value from an offset, and the next offset or None."""


def as_text(value: Json) -> str:
    """Return a value as clipboard text: a string as is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def copied_text(value: Json) -> str | None:
    """Return a value as clipboard text; None if it is longer than the clipboard takes."""
    if isinstance(value, str):
        return value if len(value) <= COPY_LIMIT else None
    parts, characters = [], 0
    try:
        for part in json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(value):
            parts.append(part)
            characters += len(part)
            if characters > COPY_LIMIT:
                return None
    except RecursionError:  # without line breaks, it may be nested deeper
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= COPY_LIMIT else None
    return "".join(parts)


async def save_value(value: Json, source: TextSource, path: Path) -> None:
    """Write a value to a new file that only the user may read.

    A string is written as is, anything else as JSON.

    Raises:
        UserError: `file.write`, the file exists or cannot be written; no partial file is left.
    """
    try:
        file = _new_file(path)
    except OSError as error:
        raise _write_error(path, error) from error
    try:
        with file:
            await _write(value, source, file)
    except BaseException as error:
        _remove(path)
        if isinstance(error, OSError):
            raise _write_error(path, error) from error
        raise


async def _write(value: Json, source: TextSource, file: TextIO) -> None:
    reference = as_reference(value)
    if reference is None:
        await asyncio.to_thread(file.write, as_text(value))
        return
    pieces: list[str] = []
    offset: int | None = 0
    while offset is not None:
        piece, offset = await source(reference, offset)
        if pieces or piece.startswith('"'):
            pieces.append(piece)  # a string can be decoded only as a whole
        else:
            await asyncio.to_thread(file.write, piece)
    if pieces:
        await asyncio.to_thread(lambda: file.write(json.loads("".join(pieces))))


def save_lines(lines: Iterable[str], path: Path) -> None:
    """Write lines to a new file that only the user may read.

    Raises:
        UserError: `file.write`, the file exists or cannot be written; no partial file is left.
    """
    try:
        with _new_file(path) as file:
            file.writelines(f"{line}\n" for line in lines)
    except FileExistsError as error:
        raise _write_error(path, error) from error
    except OSError as error:
        _remove(path)
        raise _write_error(path, error) from error


def _new_file(path: Path) -> TextIO:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    return os.fdopen(handle, "w", encoding="utf-8")


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _write_error(path: Path, error: OSError) -> UserError:
    return UserError(f"cannot write {path}: {(error.strerror or str(error)).lower()}", code="file.write")
