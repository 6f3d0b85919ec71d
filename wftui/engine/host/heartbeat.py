"""Heartbeat task: records heartbeats and handles signals of other processes."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from wftui.engine.primitives.emitter import RunBroken
from wftui.engine.run.run import Run
from wftui.model.errors import UserError

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore
    from wftui.store.ownership.signals import Signal

_SIGNAL_SECONDS = 0.1  # delay of a cancel from another process
_HEARTBEAT_SECONDS = 10.0


class HeartbeatTask:
    """Background task beside the runs of an executor.

    Args:
        runs: the live mapping of the runs of this process by id.
    """

    def __init__(self, store: "ExecutionStore", runs: Mapping[str, Run]) -> None:
        self._store = store
        self._runs = runs
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start the task, unless it is running."""
        if self._task is None:
            self._task = asyncio.create_task(self._serve())

    async def end(self) -> None:
        """Stop the task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        beat_at = loop.time() + _HEARTBEAT_SECONDS
        while True:
            await asyncio.sleep(_SIGNAL_SECONDS)
            if not self._runs:
                continue
            try:
                await self._store.check_file()
            except UserError:
                await self._stop_runs()
                continue
            # The run itself reports an unusable database; this task tries again.
            with suppress(UserError, RunBroken):
                for signal in await self._store.take_signals(list(self._runs)):
                    await self._handle(signal)
                if loop.time() >= beat_at:
                    await self._store.heartbeat()
                    beat_at = loop.time() + _HEARTBEAT_SECONDS

    async def _stop_runs(self) -> None:
        """Stop the runs of an unusable database; each reports the error at its end."""
        for run in [run for run in self._runs.values() if not run.ended]:
            with suppress(UserError, RunBroken):
                await run.cancel("the database cannot be used any more")

    async def _handle(self, signal: "Signal") -> None:
        run = self._runs.get(signal.run_id)
        if run is None or run.ended:
            return
        payload = signal.payload
        try:
            if signal.kind == "cancel":
                await run.cancel(payload["by"])
            else:
                await run.answer(payload["path"], payload["approved"], payload["data"], payload["by"])
        except UserError as error:
            await run.note(f"{signal.kind} from another process: {error}")
