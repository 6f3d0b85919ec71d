"""Lock file `mcp.lock.json`: the tools of a workflow's MCP servers.

With it a workflow compiles without its servers: tools, arguments and outputs are checked against what was locked.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from wftui.model.base import Json, WireModel
from wftui.model.errors import UserError
from wftui.steps.mcp.server import McpServer, fits
from wftui.workspace.generated import write_generated
from wftui.workspace.regular import read_regular

LOCK_FILE = "mcp.lock.json"


class LockError(UserError):
    """Unreadable or unwritable lock file."""

    code = "mcp.lock"


class ServerName(WireModel):
    """Server as workflow.json names it: exactly one of the three fields."""

    command: list[str] | None = None
    url: str | None = None
    connection: str | None = None

    def means(self, server: McpServer, connection: str | None) -> bool:
        """Return whether a bound server of a step is this one."""
        if self.connection is not None:
            return self.connection == connection
        if connection is not None:
            return False
        if self.url is not None:
            return server.url is not None and fits(self.url, server.url)
        words, actual = self.command or [], server.command or []
        return len(words) == len(actual) and all(map(fits, words, actual))


class LockedTool(WireModel):
    """Parts of a tool whose change can break a workflow."""

    description: str | None = None
    input_schema: dict[str, Json] = Field(default_factory=dict)
    output_schema: dict[str, Json] | None = None


class LockedServer(WireModel):
    """Tools of a server by name; `info` is its name and version."""

    server: ServerName
    info: dict[str, str] = Field(default_factory=dict)
    tools: dict[str, LockedTool] = Field(default_factory=dict)


class Lock(WireModel):
    """Lock file, format 1."""

    format: int = 1
    servers: list[LockedServer] = Field(default_factory=list)

    def named(self, name: ServerName) -> LockedServer | None:
        """Return the server that workflow.json names so."""
        return next((each for each in self.servers if each.server == name), None)

    def of(self, server: McpServer, connection: str | None) -> LockedServer | None:
        """Return the server of a running step."""
        return next((each for each in self.servers if each.server.means(server, connection)), None)


def read_lock(folder: Path) -> Lock | None:
    """Read the lock file of a workflow's folder; None without one.

    Raises:
        LockError: it cannot be read.
    """
    path = folder / LOCK_FILE
    try:
        lock = Lock.model_validate_json(read_regular(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LockError(f"{LOCK_FILE} cannot be read: {error.strerror or error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = "/".join(map(str, first["loc"]))
        raise LockError(f"{LOCK_FILE} is not valid{f' at {place}' if place else ''}: {first['msg'].lower()}") from None
    if lock.format != 1:
        raise LockError(f"{LOCK_FILE} was written by a newer wftui (format {lock.format})")
    return lock


def write_lock(folder: Path, lock: Lock) -> bool:
    """Write the lock file of a workflow's folder; False if nothing changed.

    Returns:
        False when the file held exactly that.

    Raises:
        WorkspaceError: it cannot be written, is a link, or is not a lock file.
    """
    text = json.dumps(lock.to_wire(), ensure_ascii=False, indent=2)
    return write_generated(folder.parents[1], folder / LOCK_FILE, (text + "\n").encode(), _is_lock)


def _is_lock(data: bytes) -> bool:
    try:
        Lock.model_validate_json(data)
    except ValidationError:
        return False
    return True


def server_name(literal_input: Mapping[str, Json], connection: str | None) -> ServerName | None:
    """Return the name of a step's server in workflow.json, or None if unknown."""
    server = literal_input.get("server")
    if not isinstance(server, dict):
        return ServerName(connection=connection) if connection is not None and server is None else None
    command, url = server.get("command"), server.get("url")
    if isinstance(url, str):
        return ServerName(url=url)
    if isinstance(command, list) and command and all(isinstance(word, str) for word in command):
        return ServerName(command=command)
    return None


def tool_changes(locked: LockedTool, live: LockedTool) -> list[str]:
    """Return changes of a tool since it was locked, as parts of a sentence."""
    found: list[str] = []
    if locked.input_schema != live.input_schema:
        before, after = _members(locked.input_schema), _members(live.input_schema)
        needed = set(_required(live.input_schema)) - set(_required(locked.input_schema))
        for name in sorted(before.keys() | after.keys()):
            if name not in after:
                found.append(f"the argument {name} was removed")
            elif name not in before:
                found.append(f"the argument {name} was added{' and is required' if name in needed else ''}")
            elif before[name] != after[name]:
                found.append(f"the argument {name} has changed")
            elif name in needed:
                found.append(f"the argument {name} is now required")
        found = found or ["its arguments have changed"]
    if locked.output_schema != live.output_schema:
        found.append("its output has changed")
    return found


def structured_schema(tool: LockedTool) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the schema of a tool's structured result, and its definitions.

    The definitions are apart because the schema is to stand inside of another one.
    """
    schema = dict(tool.output_schema or {})
    definitions: Mapping[str, Any] = schema.pop("$defs", None) or {}
    schema.pop("$schema", None)
    return schema, definitions


def _members(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    found = schema.get("properties")
    return found if isinstance(found, dict) else {}


def _required(schema: Mapping[str, Json]) -> list[str]:
    found = schema.get("required")
    return found if isinstance(found, list) else []
