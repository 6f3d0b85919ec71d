"""What a step type is given when a language model runs it as a tool."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from wftui.model.base import Json
from wftui.model.run.steps import LogLevel
from wftui.steps.api.step_type import Answer, StepContext, StepSite


class ToolContext:
    """The `StepContext` of the step that holds the talk, but with the tool's own connection, voice and idempotency key.

    Args:
        name: what the model calls the tool; stands before its log lines.
        connection: that of the tool; the key of the model is none of its business.
        call: tells this call from all others of the step.
        waiting: held by the one call that waits for a person, a moment or another run: a step waits for one at a time.
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
        """What is not said otherwise here is that of the step."""
        return getattr(self._inner, name)

    @property
    def connection(self) -> Mapping[str, Json] | None:
        """That of the tool."""
        return self._connection

    @property
    def prepared(self) -> Json:
        """What was found for this call before the run, if that could be known."""
        return self._prepared

    @property
    def site(self) -> StepSite:
        """Where the step stands, with the connection of the tool."""
        return replace(self._inner.site, connection=self._connection_name)

    @property
    def idempotency_key(self) -> str:
        """One of this call's own."""
        return f"{self._inner.idempotency_key}/{self._call}"

    def log(self, message: str, level: LogLevel = "info", stream: Literal["stdout", "stderr", "log"] = "log") -> None:
        """Log lines that say which tool they are of."""
        self._inner.log("\n".join(f"{self._name}: {line}" for line in message.split("\n")), level, stream)

    def progress(self, fraction: float, message: str | None = None) -> None:
        """How far a tool is says nothing of how far the talk is."""
        if message:
            self.log(message)

    async def sleep_until(self, moment: datetime, *, by_wall_clock: bool = False) -> datetime:
        """Wait for a moment, after the other calls that wait."""
        async with self._waiting:
            return await self._inner.sleep_until(moment, by_wall_clock=by_wall_clock)

    async def ask(self, prompt: str, form: Mapping[str, Any] | None, wait: float | None, on_timeout: str) -> Answer:
        """Ask a person, after the other calls that wait."""
        async with self._waiting:
            return await self._inner.ask(prompt, form, wait, on_timeout)

    async def run_workflow(self, workflow_id: str, inputs: Mapping[str, Json]) -> Json:
        """Run another workflow, after the other calls that wait."""
        async with self._waiting:
            return await self._inner.run_workflow(workflow_id, inputs)
