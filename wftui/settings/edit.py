"""Changing the settings file, and nothing in it but what is meant: comments, order and spaces stay."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

from wftui.settings.keys import Place, SettingsError, Value, find_key
from wftui.settings.settings_file import parse, read_text
from wftui.workspace.atomic import atomic_write
from wftui.workspace.workspace_errors import explain

_HEADING = "# Settings of wftui; `wftui settings` lists what can be set.\n"

_Table = MutableMapping[str, Any]
"""A section: of the parsed file, or with all that stands around it, as tomlkit holds one."""


def set_value(path: Path, name: str, text: str) -> Value:
    """Give a setting a value; the file and its folder are made where they are not there. Returns the value as kept.

    Raises:
        SettingsError: there is no such setting, it takes no such value, or the file is no TOML.
        WorkspaceError: the file cannot be read or written.
    """
    key, place = find_key(name)
    value = key.parse(text)
    with _only_one(path):
        before = read_text(path)
        wanted = parse(path, before or "")
        _put(wanted, place, value, lambda _section, _last: {})
        _write(path, _HEADING if before is None else before, wanted, (_in_its_section, _as_a_line), place, value)
    return value


def unset_value(path: Path, name: str) -> bool:
    """Take a setting out of the file, and sections that are empty then; False when it was not there.

    Raises:
        SettingsError: there is no such setting, or the file is no TOML.
        WorkspaceError: the file cannot be read or written.
    """
    _, place = find_key(name)
    with _only_one(path):
        before = read_text(path) or ""
        wanted = parse(path, before)
        if not _take(wanted, place):
            return False
        _write(path, before, wanted, (_without,), place, "")
    return True


def _put(table: _Table, place: Place, value: Value, new: Callable[[_Table, bool], _Table]) -> None:
    """Put a value into nested tables; `new` makes one that is missing, inside of another, as the last or not."""
    for part in place[:-1]:
        if part not in table:
            table[part] = new(table, part == place[-2])
        table = table[part]
        if not isinstance(table, MutableMapping):
            raise SettingsError(f"{'.'.join(place)} has no place in the file: {part} is a value there, not a section")
    table[place[-1]] = value


def _take(table: _Table, place: Place) -> bool:
    """Take a value out of nested tables, and tables that are empty then; whether it was there."""
    inner = table.get(place[0])
    if len(place) > 1:
        if not isinstance(inner, MutableMapping) or not _take(inner, place[1:]):
            return False
        if inner:
            return True
    elif place[0] not in table:
        return False
    del table[place[0]]
    return True


def _in_its_section(text: str, place: Place, value: Value) -> str:
    import tomlkit
    from tomlkit.items import InlineTable

    def new(outer: _Table, last: bool) -> _Table:
        return tomlkit.inline_table() if isinstance(outer, InlineTable) else tomlkit.table(is_super_table=not last)

    document = tomlkit.parse(text)
    _put(document, place, value, new)
    return tomlkit.dumps(document)


def _as_a_line(text: str, place: Place, value: Value) -> str:
    """With the setting as a dotted key before all sections: where its section is itself made of such keys."""
    import tomlkit

    lines = [f"{line}\n" for line in text.splitlines()]
    first = next((number for number, line in enumerate(lines) if line.startswith("[")), len(lines))
    line = f"{'.'.join(place)} = {tomlkit.item(value).as_string()}\n"
    return "".join([*lines[:first], line, *lines[first:]])


def _without(text: str, place: Place, _value: Value) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    _take(document, place)
    return tomlkit.dumps(document)


def _write(
    path: Path,
    text: str,
    wanted: dict[str, object],
    ways: tuple[Callable[[str, Place, Value], str], ...],
    place: Place,
    value: Value,
) -> None:
    """Write the first change that comes to what is wanted and nothing else: tomlkit misplaces keys now and then."""
    from tomlkit.exceptions import TOMLKitError

    for way in ways:
        with contextlib.suppress(SettingsError, TOMLKitError, ValueError):
            changed = way(text, place, value)
            if parse(path, changed) == wanted:
                break
    else:
        raise SettingsError(f"{'.'.join(place)} cannot be changed in {path} as it is written; change it by hand")
    try:
        # Where the file is a link, as people keep their settings elsewhere, what it points to is replaced.
        atomic_write(path.resolve(), changed.encode())
    except OSError as error:
        raise explain(error, path, "write") from error


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Let one process at a time change the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise explain(error, path.parent, "use") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
