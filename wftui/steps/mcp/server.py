"""MCP servers of steps: a program or an address."""

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from wftui.model.base import Json
from wftui.model.text.cuts import beginning
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.requirements import is_program
from wftui.steps.api.step_model import StepModel
from wftui.steps.files.paths import resolve_path

_NO_SERVER = 'the step names no MCP server: set "server" in its input, or use an mcp connection'
_LABEL_LENGTH = 80


class SessionExpiredError(WorkflowError):
    """The server no longer knows its session; the call was not made."""


class McpServer(StepModel):
    """Server by exactly one of `command` and `url`, as in an `mcp` connection."""

    command: Annotated[
        list[str] | None,
        Field(min_length=1, description="Program and arguments of a server to start; it communicates over stdio."),
    ] = None
    cwd: Annotated[str | None, Field(description="Working directory; default: the directory wftui was started in.")] = (
        None
    )
    env: Annotated[
        dict[str, str],
        Field(description="Environment variables, besides HOME, LOGNAME, PATH, SHELL, TERM and USER."),
    ] = Field(default_factory=dict)
    url: Annotated[str | None, Field(description="URL of a running server (streamable HTTP).")] = None
    headers: Annotated[dict[str, str], Field(description="Headers for that URL.")] = Field(default_factory=dict)

    @property
    def label(self) -> str:
        """Name for messages."""
        if self.url is not None:
            parts = urlsplit(self.url)
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        text = shlex.join(self.command or [])
        return beginning(text, _LABEL_LENGTH)

    @property
    def key(self) -> str:
        """Key that is equal for the same server; holds secrets, never shown."""
        return json.dumps(self.model_dump(), sort_keys=True)

    def absolute(self, base: Path) -> "McpServer":
        """Return the server with an absolute directory, relative to `base`."""
        if self.url is not None:
            return self
        return self.model_copy(update={"cwd": str(resolve_path(self.cwd, base) if self.cwd else base)})


def server_problem(server: Mapping[str, Json]) -> str | None:
    """Return why an unbound object does not name a server, or None."""
    if ("command" in server) == ("url" in server):
        return 'give exactly one of "command" (a server to start) and "url" (a running server)'
    url = server.get("url")
    if isinstance(url, str) and "{{" not in url and not url.lower().startswith(("http://", "https://")):
        return "the URL must start with https:// or http://"
    return None


def server_of(given: McpServer | None, connection: Mapping[str, Json] | None, base: Path) -> McpServer:
    """Return the server of a step: from its input, else from its connection.

    Args:
        base: where a relative directory of the server starts.

    Raises:
        WorkflowError: `mcp.server` when there is none, or it is not one.
    """
    if given is None:
        if connection is None:
            raise WorkflowError("mcp.server", _NO_SERVER)
        try:
            given = McpServer.model_validate(dict(connection))
        except ValidationError as error:
            raise WorkflowError(
                "mcp.server", f"the connection is not an MCP server: {error.errors()[0]['msg']}"
            ) from None
    detail = server_problem(given.model_dump(exclude_none=True))
    if detail is not None:
        raise WorkflowError("mcp.server", detail)
    return given.absolute(base)


def find_program(name: str, path: str, cwd: str | None) -> str:
    """Find a server's program in `path`, else beside the Python that runs wftui.

    Raises:
        WorkflowError: `mcp.start` when it is nowhere.
    """
    found = locate_program(name, path, cwd)
    if found is None:
        raise WorkflowError("mcp.start", no_program(name))
    return found


def locate_program(name: str, path: str, cwd: str | None) -> str | None:
    """Find a server's program in `path`, else beside the Python that runs wftui.

    The second place makes a server found that was installed together with wftui, whichever PATH wftui was started with.
    """
    if os.sep in name:
        return shutil.which(resolve_path(name, Path(cwd or ".")))
    return shutil.which(name, path=os.pathsep.join([path, str(Path(sys.executable).parent)]))


def no_program(name: str) -> str:
    """Return the message for a server's program that was not found."""
    return (
        f"the program {name!r} of the MCP server was not found; install it on PATH or into the "
        f"Python environment of wftui"
    )


def server_programs(server: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the program that a server object starts, if it is looked up on PATH."""
    command, env = server.get("command"), server.get("env")
    if not isinstance(command, list) or not command or (isinstance(env, dict) and "PATH" in env):
        return ()
    return tuple(filter(is_program, command[:1]))


def fits(template: str, actual: str) -> bool:
    """Return whether a text can be the value of a text with `{{ }}`."""
    parts = [re.escape(part) for part in re.split(r"\{\{.*?\}\}", template, flags=re.DOTALL)]
    return re.fullmatch(".*".join(parts), actual, re.DOTALL) is not None
