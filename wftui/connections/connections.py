"""A user's connections, stored outside workspaces with secrets by reference."""

import json
import os
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import field
from pathlib import Path

from pydantic import Field, ValidationError

from wftui.connections.connection_errors import ConnectionsError
from wftui.connections.connection_kinds import KINDS, ConnectionValues, secret_leaves
from wftui.connections.private_files import connections_path, only_one, private_folder, read_private, write_private
from wftui.connections.secret_references import is_reference, resolve_reference
from wftui.connections.secret_store import SecretStore
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.errors import ExitCode, NotFoundError
from wftui.model.validated import ValidatedModel

_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")


class StoredConnection(ValidatedModel):
    """A connection as stored; secret fields hold references, so it can be shown."""

    name: str
    kind: str
    description: str | None = None
    values: dict[str, Json] = Field(default_factory=dict)


class ConnectionsFile(ValidatedModel):
    """The connections file, format 1."""

    format: int = 1
    connections: list[StoredConnection] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ResolvedConnection:
    """A connection ready to use.

    Attributes:
        values: with the secrets in clear text.
        secrets: all of them, for the redactor.
    """

    name: str
    kind: str
    values: dict[str, Json] = field(repr=False)
    secrets: list[str] = field(repr=False)


class Connections:
    """The connections in one folder. Every method reads the file again and blocks.

    Args:
        folder: of the file and the secret store; absent: the user's own.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or private_folder()
        self.store = SecretStore(self._folder)

    @property
    def path(self) -> Path:
        """Path of the connections file."""
        return connections_path(self._folder)

    def all(self) -> list[StoredConnection]:
        """Return all connections, sorted by name.

        Raises:
            ConnectionsError: the file cannot be read.
        """
        return sorted(self._load().connections, key=lambda each: each.name)

    def get(self, name: str) -> StoredConnection:
        """Return one connection.

        Raises:
            NotFoundError: there is no connection of that name.
        """
        for each in self._load().connections:
            if each.name == name:
                return each
        raise NotFoundError(
            f"there is no connection {name!r}; add it: wftui connections add {name} --kind KIND",
            code="connection.not_found",
        )

    def save(self, connection: StoredConnection) -> StoredConnection:
        """Add or replace a connection; return it as stored.

        A secret in clear text is moved to the encrypted store and replaced by a `store:…` reference.

        Raises:
            ConnectionsError: `connection.invalid`, listing every invalid field.
        """
        if not _NAME.fullmatch(connection.name):
            raise ConnectionsError(
                f"{connection.name!r} is not a valid connection name: use a-z, 0-9, _ and -",
                code="connection.invalid",
                exit_code=ExitCode.USAGE,
            )
        kind = _kind(connection.kind)
        kept = connection.model_copy(update={"values": _validated(kind, connection.values)})
        clear: dict[str, str] = {}
        for path, text in list(secret_leaves(kind, kept.values)):
            if not is_reference(text):
                clear[f"{kept.name}/{'/'.join(path)}"] = text
                _replace(kept.values, path, f"store:{kept.name}/{'/'.join(path)}")
        for name, secret in clear.items():
            self.store.put(name, secret)
        with only_one(self._folder):
            file = self._load()
            before = [each for each in file.connections if each.name == kept.name]
            others = [each for each in file.connections if each.name != kept.name]
            self._write(file.model_copy(update={"connections": [*others, kept]}))
        self._forget(_stored(before) - _stored([kept]))
        return kept

    def remove(self, name: str) -> None:
        """Delete a connection and its secrets in the encrypted store.

        Raises:
            NotFoundError: there is no connection of that name.
        """
        gone = self.get(name)
        with only_one(self._folder):
            file = self._load()
            self._write(
                file.model_copy(update={"connections": [each for each in file.connections if each.name != name]})
            )
        self._forget(_stored([gone]))

    def problem(self, name: str, kind: str) -> str | None:
        """Return why a workflow cannot use this connection as that kind; None if it can."""
        try:
            found = self.get(name)
        except NotFoundError as error:
            return str(error)
        if found.kind != kind:
            return f"the connection {name!r} is of kind {found.kind}, not {kind}"
        return None

    def resolve(self, name: str, kind: str | None = None) -> ResolvedConnection:
        """Return a connection with its secrets in clear text.

        Args:
            kind: the required kind; absent: any.

        Raises:
            NotFoundError: there is no connection of that name.
            ConnectionsError: `connection.kind` when it is of another kind, `connection.reference` when a secret
                cannot be found.
        """
        stored = self.get(name)
        if kind is not None and stored.kind != kind:
            raise ConnectionsError(
                f"the connection {name!r} is of kind {stored.kind}, not {kind}", code="connection.kind"
            )
        model = _kind(stored.kind)
        values = deepcopy(stored.values)
        secrets: list[str] = []
        for path, text in list(secret_leaves(model, values)):
            by_hand = path[0] not in model.secret_fields() and not is_reference(text)  # a header, in clear text
            try:
                secret = text if by_hand else resolve_reference(text, self.store)
            except ConnectionsError as error:
                raise ConnectionsError(
                    f"{'.'.join(path)} of the connection {name!r}: {error}", code=error.code
                ) from None
            _replace(values, path, secret)
            secrets.append(secret)
        return ResolvedConnection(name, stored.kind, _validated(model, values, with_defaults=True), secrets)

    def in_environment(self) -> list[str]:
        """Return all connection secrets held by environment variables.

        Any program that a step starts can print these.

        Raises:
            ConnectionsError: the file cannot be read.
        """
        names = {
            text.removeprefix("env:").strip()
            for each in self._load().connections
            if each.kind in KINDS
            for _, text in secret_leaves(KINDS[each.kind], each.values)
            if text.startswith("env:")
        }
        return [os.environ[name] for name in sorted(names) if os.environ.get(name)]

    def _forget(self, names: set[str]) -> None:
        if names:
            self.store.remove(names)

    def _load(self) -> ConnectionsFile:
        data = read_private(self.path)
        if data is None:
            return ConnectionsFile()
        try:
            file = ConnectionsFile.model_validate_json(data)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = "/".join(map(str, first["loc"]))
            raise ConnectionsError(
                f"{self.path} cannot be read: {place + ': ' if place else ''}{first['msg'].lower()}",
                code="connection.file",
            ) from None
        if file.format != 1:
            raise ConnectionsError(
                f"{self.path} was written by a newer wftui (format {file.format})", code="connection.newer"
            )
        return file

    def _write(self, file: ConnectionsFile) -> None:
        ordered = file.model_copy(update={"connections": sorted(file.connections, key=lambda each: each.name)})
        write_private(self.path, (json.dumps(ordered.to_wire(), ensure_ascii=False, indent=2) + "\n").encode())


def _kind(word: str) -> type[ConnectionValues]:
    if word not in KINDS:
        raise ConnectionsError(
            f"unknown connection kind {word!r}; known kinds: {', '.join(sorted(KINDS))}",
            code="connection.kind",
            exit_code=ExitCode.USAGE,
        )
    return KINDS[word]


def _stored(connections: list[StoredConnection]) -> set[str]:
    """Return the names in the encrypted store that belong to these connections."""
    return {
        text.removeprefix("store:")
        for each in connections
        for _, text in secret_leaves(_kind(each.kind), each.values)
        if text.startswith(f"store:{each.name}/")
    }


def _validated(
    kind: type[ConnectionValues], values: Mapping[str, Json], *, with_defaults: bool = False
) -> dict[str, Json]:
    try:
        model = kind.model_validate(values)
        return model.model_dump(mode="json", by_alias=True, exclude_unset=not with_defaults, exclude_none=True)
    except ValidationError as error:
        sentences = [
            f"{'.'.join(map(str, each['loc']))}: {each['msg'][:1].lower()}{each['msg'][1:]}"
            for each in error.errors(include_input=False, include_url=False)
        ]
        raise ConnectionsError(
            f"not a valid connection of kind {kind.word}: {'; '.join(sentences)}",
            code="connection.invalid",
            exit_code=ExitCode.USAGE,
        ) from None


def _replace(values: dict[str, Json], path: list[str], text: str) -> None:
    *way, last = path
    for key in way:
        values = values[key]
    values[last] = text
