"""Step types: list, reload and trust them; lock the tools of MCP servers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wftui.model.errors import UsageError, UserError
from wftui.workbench.setup.connection_service import stored_connections
from wftui.workspace.regular import read_regular
from wftui.workspace.workspace_errors import explain

if TYPE_CHECKING:
    from wftui.compiler.compiler import WorkflowCompiler
    from wftui.model.base import Json
    from wftui.model.listing import StepTypeInfo
    from wftui.steps.api.step_type import StepType
    from wftui.steps.mcp.locking import LockReport
    from wftui.steps.registry.step_registry import PluginProblem, StepRegistry


_MOST_TOOLS = 200
"""Tools of a server whose arguments a form shows as fields."""


class StepService:
    """`workbench.steps`: the step types of this workspace.

    Args:
        changed: called after there may be other step types, in a thread: it may wait.
    """

    def __init__(
        self,
        step_registry: Callable[[], StepRegistry],
        compiler: Callable[[], WorkflowCompiler],
        *,
        changed: Callable[[], None],
    ) -> None:
        self._step_registry = step_registry
        self._compiler = compiler
        self._changed = changed

    async def types(self) -> list[StepTypeInfo]:
        """Return the step types."""
        return await asyncio.to_thread(self._types)

    def containers(self) -> list[StepTypeInfo]:
        """Return the containers, and the keys that repeat or guard any step."""
        from wftui.model.listing import StepTypeInfo
        from wftui.model.workflow.containers import CONTAINERS

        return [
            StepTypeInfo(
                type=each.word,
                title=each.title,
                description=each.description,
                search_words=[*each.search_words],
                example=each.example,
            )
            for each in CONTAINERS
        ]

    async def type(self, word: str) -> StepTypeInfo | None:
        """Return one step type, None if unknown, without importing others."""

        def get() -> StepTypeInfo | None:
            kind = self._step_registry().get(word)
            return None if kind is None else _info(kind)

        return await asyncio.to_thread(get)

    async def field_conditions(self, folder: Path | None, step: Mapping[str, Json]) -> list[Json]:
        """Return the schemas of the locked tools and of their arguments, for a step.

        Args:
            folder: that of the workflow, with the locked tools.
        """
        return await asyncio.to_thread(self._field_conditions, folder, step)

    async def refresh(self) -> None:
        """Search for step types again, after a plugin or a workspace file has changed."""
        await asyncio.to_thread(self._refresh)

    async def problems(self) -> list[PluginProblem]:
        """Return the plugins and files of the `steps` folder that cannot be used, and why."""
        return await asyncio.to_thread(lambda: self._step_registry().problems())

    async def from_command(self, command: str, taken: Collection[str] = ()) -> tuple[dict[str, Json], list[str]]:
        """Convert a shell command, such as `curl`, into a step.

        Args:
            taken: ids that are in use.

        Returns:
            The step, and the names of the stored secrets that replace secrets of the command.

        Raises:
            UserError: no step type supports the command.
        """
        return await asyncio.to_thread(self._from_command, command, taken)

    async def as_command(self, step_type: str, literal_input: Json, output: Json = None) -> str | None:
        """Convert a step into a shell command with masked secrets; None if unsupported."""
        kind = await asyncio.to_thread(lambda: self._step_registry().get(step_type))
        return kind.as_command(literal_input, output) if kind is not None and isinstance(literal_input, dict) else None

    async def trust(self, file: Path) -> list[str]:
        """Trust the current content of a Python file of step types; return its new types.

        Raises:
            WorkspaceError: the file cannot be read.
            UserError: the trust cannot be stored.
        """
        return await asyncio.to_thread(self._trust, file)

    async def lock_tools(self, workflow_id: str, inputs: Mapping[str, Json], *, write: bool = True) -> LockReport:
        """List the tools of a workflow's MCP servers and lock them beside it.

        Args:
            inputs: for servers that depend on inputs; defaults are applied.
            write: False reports changes without writing them.
        """
        from wftui.engine.connections.tool_locking import lock_tools

        compiler = await asyncio.to_thread(self._compiler)
        return await lock_tools(compiler, workflow_id, inputs, connections=stored_connections(), write=write)

    def _field_conditions(self, folder: Path | None, step: Mapping[str, Json]) -> list[Json]:
        from wftui.model.workflow.field_conditions import choice_of, when_chosen
        from wftui.steps.api.step_type import StepSite

        registry = self._step_registry()
        kind = registry.get(str(step.get("type", "")))
        given = step.get("input", {})
        if kind is None or not kind.site_files or not isinstance(given, dict):
            return []
        connection = step.get("connection")
        site = StepSite(folder, connection if isinstance(connection, str) else None, registry)
        named = kind.facts_at({**given, "tool": ""}, site).field_schemas.get("tool", {})
        found: list[Json] = [choice_of("tool", list(named["enum"]))] if named.get("enum") else []
        tools = named.get("enum") or named.get("examples") or ()
        for tool in tools[:_MOST_TOOLS]:
            schemas = kind.facts_at({**given, "tool": tool}, site).field_schemas
            found.append(when_chosen("tool", tool, {name: dict(each) for name, each in schemas.items()}))
        return found

    def _refresh(self) -> None:
        self._step_registry().refresh()
        self._changed()

    def _trust(self, file: Path) -> list[str]:
        from wftui.steps.registry.trust import TrustedFiles

        try:
            data = read_regular(file)
        except OSError as error:
            raise explain(error, file, "read") from error
        before = {kind.word for kind in self._step_registry().types()}
        TrustedFiles().trust(file, data)
        self._refresh()
        return sorted({kind.word for kind in self._step_registry().types()} - before)

    def _from_command(self, command: str, taken: Collection[str]) -> tuple[dict[str, Json], list[str]]:
        from wftui.compiler.checks.secrets.literal_secrets import without_secrets

        stored: Collection[str] = ()
        for kind in self._step_registry().types():
            found = kind.from_command(command)
            if found is not None:
                ids = itertools.chain(["request"], (f"request_{number}" for number in itertools.count(2)))
                with suppress(UserError):  # without a store there are no names that are taken
                    stored = stored_connections().store.names()
                step_input, secrets = without_secrets(dict(found), stored)
                step_id = next(each for each in ids if each not in taken)
                return {"id": step_id, "type": kind.word, "input": step_input}, secrets
        raise UsageError("no step type supports this command; paste a curl command", code="usage.command")

    def _types(self) -> list[StepTypeInfo]:
        return [_info(kind) for kind in self._step_registry().types()]


def _info(kind: StepType[Any]) -> StepTypeInfo:
    from wftui.model.listing import StepTypeInfo

    return StepTypeInfo(
        type=kind.word,
        title=kind.title,
        description=kind.description,
        version=kind.version,
        icon=kind.icon,
        ascii_icon=kind.ascii_icon,
        search_words=[*kind.search_words],
        connection_kind=kind.connection_kind,
        input_schema=kind.input_schema(),
        output_schema=dict(kind.output_schema),
        example=kind.example or None,
    )
