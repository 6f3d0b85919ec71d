"""Values that leave the screen: as text for the clipboard, or into a file."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TextIO

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.execution import ValueRef
from wftui.store.payloads import as_reference

TextSource = Callable[[ValueRef, int], Awaitable[tuple[str, int | None]]]
"""A stretch of the JSON text of a stored value from an offset on, and the offset of the next (None at the end)."""


def as_text(value: Json) -> str:
    """A value as it is put on the clipboard: text as it stands, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


async def save_value(value: Json, source: TextSource, path: Path) -> None:
    """Write a value, or what a reference stands for, to a new file: text as it stands, anything else as JSON.

    Raises:
        UserError: `file.write`, when it cannot be written or is there already; nothing half written is left.
    """
    try:
        file = path.open("x", encoding="utf-8")
    except OSError as error:
        raise _refused(path, error) from error
    try:
        with file:
            await _write(value, source, file)
    except BaseException as error:
        _remove(path)
        if isinstance(error, OSError):
            raise _refused(path, error) from error
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
            pieces.append(piece)  # a text is only known from its JSON as a whole
        else:
            await asyncio.to_thread(file.write, piece)
    if pieces:
        await asyncio.to_thread(lambda: file.write(json.loads("".join(pieces))))


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _refused(path: Path, error: OSError) -> UserError:
    return UserError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}", code="file.write")
