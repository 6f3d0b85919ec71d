"""Step context of a step type that a language model runs as a tool."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from wftui.model.base import Json
from wftui.model.run.steps import LogLevel
from wftui.steps.api.child_call import WAITED, ChildCall
from wftui.steps.api.step_model import Answer
from wftui.steps.api.step_type import StepContext, StepSite


class ToolContext:
    """`StepContext` with the tool's own connection, log prefix and idempotency key.

    Args:
        name: what the model calls the tool; a prefix of its log lines.
        connection: that of the tool; the key of the model is none of its business.
        call: tells this call from all others of the step.
        waiting: held by the one call that waits for a person, a time or another run: a step waits for one at a time.
    """

    def __init__(
        self,
        inner: StepContext,
        name: str,
        *,
        connection: Mapping[str, Json] | None,
        connection_name: str | None,
        prepared: Json,
        call: str,
        waiting: asyncio.Lock,
    ) -> None:
        self._inner = inner
        self._name = name
        self._connection = connection
        self._connection_name = connection_name
        self._prepared = prepared
        self._call = hashlib.sha256(call.encode("utf-8", "replace")).hexdigest()[:16]
        self._waiting = waiting

    def __getattr__(self, name: str) -> Any:
        """Delegate everything else to the context of the step."""
        return getattr(self._inner, name)

    @property
    def connection(self) -> Mapping[str, Json] | None:
        """Connection of the tool."""
        return self._connection

    @property
    def prepared(self) -> Json:
        """Result of preparing this call, if any."""
        return self._prepared

    @property
    def site(self) -> StepSite:
        """Position of the step, with the connection of the tool."""
        return replace(self._inner.site, connection=self._connection_name)

    @property
    def idempotency_key(self) -> str:
        """Key of this call."""
        return f"{self._inner.idempotency_key}/{self._call}"

    def log(self, message: str, level: LogLevel = "info", stream: Literal["stdout", "stderr", "log"] = "log") -> None:
        """Log lines with the name of the tool."""
        self._inner.log("\n".join(f"{self._name}: {line}" for line in message.split("\n")), level, stream)

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Log the message; the fraction says nothing about the conversation."""
        if message:
            self.log(message)

    async def sleep_until(self, moment: datetime, *, by_wall_clock: bool = False) -> datetime:
        """Wait until a time, after other calls that wait."""
        async with self._waiting:
            return await self._inner.sleep_until(moment, by_wall_clock=by_wall_clock)

    async def ask(
        self,
        prompt: str,
        form: Mapping[str, Any] | None,
        wait: float | None,
        on_timeout: str,
        on_reject: Literal["fail", "continue"] = "continue",
    ) -> Answer:
        """Ask a person, after other calls that wait."""
        async with self._waiting:
            return await self._inner.ask(prompt, form, wait, on_timeout, on_reject)

    async def run_workflow(self, workflow_id: str, inputs: Mapping[str, Json], call: ChildCall = WAITED) -> Json:
        """Run another workflow, after other calls that wait."""
        async with self._waiting:
            return await self._inner.run_workflow(workflow_id, inputs, call)
