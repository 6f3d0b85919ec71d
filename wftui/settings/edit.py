"""Changing the settings file, and nothing in it but what is meant: comments, order and spaces stay."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.settings.file import located, parse, read_text
from wftui.settings.keys import SettingsError, Value, find_key, interpret
from wftui.workspace.atomic import atomic_write
from wftui.workspace.errors import explain

if TYPE_CHECKING:
    from tomlkit.container import Container
    from tomlkit.items import Table

_HEADING = "# Settings of wftui; `wftui settings` lists what can be set.\n"


def set_value(path: Path, name: str, text: str) -> Value:
    """Give a setting a value; the file and its folder are made where they are not there. Returns the value as kept.

    Raises:
        SettingsError: there is no such setting, it takes no such value, or the file is no TOML.
        WorkspaceError: the file cannot be read or written.
    """
    key, place = find_key(name)
    value = key.parse(text)
    with _only_one(path):
        import tomlkit

        before = read_text(path)
        if before is not None:
            parse(path, before)
        document = tomlkit.parse(_HEADING if before is None else before)
        section: Container | Table = document
        for part in place[:-1]:
            if part not in section:
                section[part] = tomlkit.table(is_super_table=part != place[-2])
            section = _section(path, section[part], name)
        section[place[-1]] = value
        _write(path, tomlkit.dumps(document), place)
    return value


def unset_value(path: Path, name: str) -> bool:
    """Take a setting out of the file, and sections that are empty then; False when it was not there.

    Raises:
        SettingsError: there is no such setting, or the file is no TOML.
        WorkspaceError: the file cannot be read or written.
    """
    _, place = find_key(name)
    with _only_one(path):
        import tomlkit

        before = read_text(path)
        if before is None:
            return False
        parse(path, before)
        document = tomlkit.parse(before)
        sections: list[Container | Table] = [document]
        for part in place[:-1]:
            if part not in sections[-1]:
                return False
            sections.append(_section(path, sections[-1][part], name))
        if place[-1] not in sections[-1]:
            return False
        del sections[-1][place[-1]]
        for depth in range(len(place) - 1, 0, -1):
            if sections[depth].unwrap():
                break
            del sections[depth - 1][place[depth - 1]]
        _write(path, tomlkit.dumps(document), place)
    return True


def _section(path: Path, found: object, name: str) -> "Container | Table":
    from collections.abc import MutableMapping

    if not isinstance(found, MutableMapping):
        raise SettingsError(f"{path}: {name} cannot be there: what should be its section is a value")
    return found  # type: ignore[return-value]  # tomlkit's tables, inline tables and their views all do


def _write(path: Path, text: str, place: tuple[str, ...]) -> None:
    _, problems = interpret(parse(path, text), path.parent)
    mine = [problem for problem in problems if problem.path == place]
    if mine:
        raise SettingsError(located(path, text, mine[0]))
    try:
        # Where the file is a link, as people keep their settings elsewhere, what it points to is replaced.
        atomic_write(path.resolve(), text.encode())
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
