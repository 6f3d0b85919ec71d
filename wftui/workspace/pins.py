"""Pinned outputs of steps, in a file beside workflow.json, for trials of steps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.model.errors import UserError
from wftui.model.json.json_reasons import located_reason
from wftui.workspace.atomic import atomic_write
from wftui.workspace.path_lock import locked
from wftui.workspace.private import PRIVATE_FILE
from wftui.workspace.regular import read_regular
from wftui.workspace.workspace_errors import explain

if TYPE_CHECKING:
    from wftui.model.base import Json

PINS = "pins.json"
MOST_BYTES = 4 * 1024 * 1024
"""Size of the file from which no more outputs are pinned."""


class PinsError(UserError):
    """The pinned outputs cannot be read, or there is no room for another."""

    code = "pins.invalid"


def read_pins(folder: Path) -> dict[str, Json]:
    """Return the pinned outputs of a workflow's folder, by step id.

    Raises:
        PinsError: the file is not a JSON object.
        WorkspaceError: it cannot be read.
    """
    path = folder / PINS
    try:
        data = read_regular(path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise explain(error, path, "read") from error
    try:
        found = json.loads(data)
    except ValueError as error:
        raise PinsError(f"{path} is not JSON: {located_reason(error)}") from error
    if not isinstance(found, dict):
        raise PinsError(f"{path} must be a JSON object of outputs by step id")
    return found


def change_pins(folder: Path, added: Mapping[str, Json], removed: Iterable[str] = ()) -> dict[str, Json]:
    """Add pinned outputs and remove others, while no other process changes them.

    Returns:
        What was removed.

    Raises:
        PinsError: they are too big, or the file is not a JSON object.
        WorkspaceError: the file cannot be read or written.
    """
    with _changed(folder) as pins:
        gone = {path: pins.pop(path) for path in removed if path in pins}
        pins.update(added)
    return gone


def copy_pins(folder: Path, old: str, new: str) -> None:
    """Pin what is pinned for a step, and for those in it, under another path too.

    Raises:
        PinsError: they are too big, or the file is not a JSON object.
        WorkspaceError: the file cannot be read or written.
    """
    with _changed(folder) as pins:
        inside = f"{old}."
        pins.update({new + path[len(old) :]: pins[path] for path in pins if path == old or path.startswith(inside)})


@contextmanager
def _changed(folder: Path) -> Iterator[dict[str, Json]]:
    """Yield the pinned outputs, and write them back if they differ afterwards."""
    with locked(folder, partial(explain, path=folder, doing="use")):
        before = read_pins(folder)
        pins = dict(before)
        yield pins
        if pins != before:
            _write(folder, pins)


def _write(folder: Path, pins: dict[str, Json]) -> None:
    """Write the pinned outputs; without any, the file is deleted.

    Raises:
        PinsError: they are too big.
        WorkspaceError: the file cannot be written.
    """
    path = folder / PINS
    data = (json.dumps(pins, indent=2, ensure_ascii=False) + "\n").encode()
    if len(data) > MOST_BYTES:
        raise PinsError(f"pinned outputs may take up to {MOST_BYTES // 1024 // 1024} MB together")
    try:
        if pins:
            atomic_write(path, data, new_mode=PRIVATE_FILE)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise explain(error, path, "write") from error
