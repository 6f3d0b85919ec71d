"""Connections and secrets of one run, resolved on first use and masked."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING

from wftui.connections.private_files import connections_path
from wftui.connections.redaction import Redactor
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.errors import NotFoundError, UserError
from wftui.runtime.plan import WorkflowPlan
from wftui.runtime.workflow_errors import WorkflowError

if TYPE_CHECKING:
    from wftui.connections.connections import Connections, ResolvedConnection


@dataclass(slots=True)
class ResolvedConnections:
    """Connections that a run and its sub-workflows have resolved.

    Attributes:
        found: by the user's name of a connection and the requested kind.
        turn: held while one is resolved, so that a program that prompts for a secret never runs twice at once.
    """

    found: dict[tuple[str, str | None], ResolvedConnection] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class RunConnections:
    """Connections and secrets for the steps of a run.

    Args:
        chosen: names of the user's connections that replace those the workflow names.
        known: the user's connections; default: those in the user's folder.
        shared: connections shared with the parent run.
    """

    def __init__(
        self,
        plan: WorkflowPlan,
        chosen: Mapping[str, str],
        redactor: Redactor,
        known: Connections | None = None,
        shared: ResolvedConnections | None = None,
    ) -> None:
        self._plan = plan
        self._chosen = chosen
        self.redactor = redactor
        self._known = known
        self._shared = shared or ResolvedConnections()
        self._resolved: dict[str, Mapping[str, Json] | None] = {}
        self.secrets: Mapping[str, Json] = _Secrets(self)

    async def get(self, name: str) -> Mapping[str, Json] | None:
        """Return the values of a connection of the workflow, with secrets in clear.

        An optional connection that is missing gives None.

        Raises:
            WorkflowError: it is missing, of another kind, or its secrets cannot be read (types `connection.*`).
        """
        async with self._shared.turn:
            if name not in self._resolved:
                self._resolved[name] = await asyncio.to_thread(self._resolve, name)
            return self._resolved[name]

    async def resolve_all(self) -> None:
        """Resolve all connections of the workflow, so that their secrets are masked.

        Secrets of other connections in the environment are masked, too. A connection that cannot be resolved is
        reported by the step that needs it.
        """
        if self._exist():  # most users have none: a thread and the models take longer than the rest of a short run
            with suppress(UserError):
                for secret in await asyncio.to_thread(lambda: self.known().in_environment()):
                    self.keep_secret(secret)
        for name in self._plan.connections:
            with suppress(WorkflowError):
                await self.get(name)

    def _exist(self) -> bool:
        """Return whether there is a file of connections; cheap."""
        return os.path.lexists(self._known.path if self._known is not None else connections_path())

    def of(self, plan: WorkflowPlan) -> RunConnections:
        """Return the connections of a sub-workflow."""
        return RunConnections(plan, self._chosen, self.redactor, self._known, self._shared)

    def own_name(self, name: str) -> str:
        """Return the user's name for a connection that the workflow names."""
        return self._chosen.get(name, name)

    def secret(self, name: str) -> str:
        """Return a secret of the user's store. Blocks.

        Raises:
            WorkflowError: `secret.missing`, or `connection.store` when the store cannot be read.
        """
        try:
            secret = self.known().store.get(name)
        except UserError as error:
            raise WorkflowError(error.code, str(error)) from None
        if secret is None:
            command = f"wftui connections secret set {name}"
            message = f"the secret store has no secret {name}"
            raise WorkflowError("secret.missing", message, details={"command": command, "secret": name})
        return self.keep_secret(secret)

    def known(self) -> Connections:
        """Return the user's connections, loaded on first use."""
        if self._known is None:
            from wftui.connections.connections import Connections

            self._known = Connections()
        return self._known

    def keep_secret(self, secret: str) -> str:
        """Mask a text from now on and return it."""
        self.redactor.add(secret)
        return secret

    def _resolve(self, name: str) -> Mapping[str, Json] | None:
        need = self._plan.connections.get(name, {})
        own, kind = self.own_name(name), need.get("kind")
        try:
            found = self._shared.found.get((own, kind)) or self.known().resolve(own, kind)
        except NotFoundError:
            if not need.get("required", True):
                return None
            details: dict[str, Json] = {
                "connection": own,
                "kind": kind,
                "command": f"wftui connections add {own} --kind {kind or 'KIND'}",
            }
            raise WorkflowError("connection.missing", f"there is no connection {own!r}", details=details) from None
        except UserError as error:
            details = {"connection": own, "command": f"wftui connections test {own}"}
            raise WorkflowError(error.code, str(error), details=details) from None
        self._shared.found[own, kind] = found
        for secret in found.secrets:
            self.keep_secret(secret)
        return found.values


class _Secrets(Mapping[str, Json]):
    """`secrets.NAME` of an expression: a secret of the user's encrypted store."""

    def __init__(self, connections: RunConnections) -> None:
        self._connections = connections

    def __getitem__(self, name: str) -> Json:
        try:
            return self._connections.secret(name)
        except WorkflowError as error:
            if error.type == "secret.missing":
                raise KeyError(name) from None
            raise

    def __iter__(self) -> Iterator[str]:
        return iter(self._connections.known().store.names())

    def __len__(self) -> int:
        return len(self._connections.known().store.names())
