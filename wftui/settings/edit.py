"""Edit the settings file in place; comments, order and whitespace stay."""

import contextlib
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from wftui.settings.keys import WITH_WORKFLOWS, Place, SettingsError, Value, find_key
from wftui.settings.settings_file import parse, read_text
from wftui.workspace.atomic import atomic_write
from wftui.workspace.path_lock import locked
from wftui.workspace.private import PRIVATE_FILE, make_private_folder
from wftui.workspace.workspace_errors import explain

_HEADING = "# Settings of wftui; `wftui settings` lists them all.\n"

_Table = MutableMapping[str, Any]
"""A section: plain data, or tomlkit's table with its comments."""


def set_value(path: Path, name: str, text: str) -> Value:
    """Set a setting and return its value as stored; creates the file and its folder.

    Raises:
        SettingsError: unknown setting, invalid value, or invalid TOML.
        WorkspaceError: the file cannot be read or written.
    """
    key, place = find_key(name)
    value = key.parse(text)
    with _only_one(path):
        before = read_text(path)
        wanted = parse(path, before or "")
        _put(wanted, place, value, lambda _section, _last: {})
        ways = [partial(way, place=place, value=value) for way in (_in_its_section, _as_a_line)]
        _write(path, _HEADING if before is None else before, wanted, ways, place)
    return value


def unset_value(path: Path, name: str) -> bool:
    """Remove a setting and sections left empty; False if it was not set.

    Raises:
        SettingsError: unknown setting, or invalid TOML.
        WorkspaceError: the file cannot be read or written.
    """
    _, place = find_key(name)
    with _only_one(path):
        before = read_text(path) or ""
        wanted = parse(path, before)
        if not _take(wanted, place):
            return False
        _write(path, before, wanted, [partial(_without, place=place)], place)
    return True


def copy_rules(path: Path, workflow_id: str, new_id: str) -> list[str]:
    """Copy the rules of a workflow to another one; return the names of their sections.

    Existing rules stay as they are.

    Raises:
        SettingsError: invalid TOML, or a file that cannot be changed automatically.
        WorkspaceError: the file cannot be read or written.
    """
    if read_text(path) is None:
        return []
    copied = []
    with _only_one(path):
        for section in WITH_WORKFLOWS:
            text = read_text(path) or ""
            wanted: Any = parse(path, text)
            rules = wanted
            for part in section:
                rules = rules.get(part) if isinstance(rules, dict) else None
            if not isinstance(rules, dict) or new_id in rules or not isinstance(rules.get(workflow_id), dict):
                continue
            rule = rules[new_id] = dict(rules[workflow_id])
            place = (*section, new_id)
            ways = [partial(way, place=place, value=rule) for way in (_as_a_section, _in_its_section)]
            _write(path, text, wanted, ways, place)
            copied.append(".".join((*section, workflow_id)))
    return copied


def _put(table: _Table, place: Place, value: Value | dict[str, Value], new: Callable[[_Table, bool], _Table]) -> None:
    """Put a value into nested tables.

    Args:
        new: creates a missing table, given the outer one and whether it is the innermost.
    """
    for part in place[:-1]:
        if part not in table:
            table[part] = new(table, part == place[-2])
        table = table[part]
        if not isinstance(table, MutableMapping):
            raise SettingsError(f"{'.'.join(place)} cannot be set: {part} is a value in the file, not a section")
    table[place[-1]] = value


def _take(table: _Table, place: Place) -> bool:
    """Remove a value and tables left empty; False if it was not there."""
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


def _in_its_section(text: str, place: Place, value: Value | dict[str, Value]) -> str:
    import tomlkit
    from tomlkit.items import InlineTable

    def new(outer: _Table, last: bool) -> _Table:
        return tomlkit.inline_table() if isinstance(outer, InlineTable) else tomlkit.table(is_super_table=not last)

    document = tomlkit.parse(text)
    _put(document, place, value, new)
    return tomlkit.dumps(document)


def _as_a_line(text: str, place: Place, value: Value) -> str:
    """Return the text with a dotted key before all sections.

    For files whose section is itself made of dotted keys.
    """
    import tomlkit

    lines = [f"{line}\n" for line in text.splitlines()]
    first = next((number for number, line in enumerate(lines) if line.startswith("[")), len(lines))
    line = f"{'.'.join(place)} = {tomlkit.item(value).as_string()}\n"
    return "".join([*lines[:first], line, *lines[first:]])


def _as_a_section(text: str, place: Place, value: dict[str, Value]) -> str:
    """Return the text with another section at its end."""
    import tomlkit

    lines = [f"[{'.'.join(place)}]", *(f"{key} = {tomlkit.item(given).as_string()}" for key, given in value.items())]
    return text.rstrip("\n") + "\n\n" + "".join(f"{line}\n" for line in lines)


def _without(text: str, place: Place) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    _take(document, place)
    return tomlkit.dumps(document)


def _write(
    path: Path,
    text: str,
    wanted: dict[str, object],
    ways: Sequence[Callable[[str], str]],
    place: Place,
) -> None:
    """Write the first edit that yields exactly the wanted data.

    Checked, because tomlkit misplaces keys in some files.
    """
    from tomlkit import exceptions

    for way in ways:
        with contextlib.suppress(SettingsError, exceptions.TOMLKitError, ValueError):
            changed = way(text)
            if parse(path, changed) == wanted:
                break
    else:
        raise SettingsError(f"{'.'.join(place)} cannot be changed in {path} automatically; edit the file by hand")
    try:
        atomic_write(path, changed.encode(), new_mode=PRIVATE_FILE)
    except OSError as error:
        raise explain(error, path, "write") from error


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Lock the folder of the file, so that one process at a time changes it."""
    try:
        make_private_folder(path.parent)
    except OSError as error:
        raise explain(error, path.parent, "use") from error
    with locked(path.parent, lambda error: explain(error, path.parent, "use")):
        yield
