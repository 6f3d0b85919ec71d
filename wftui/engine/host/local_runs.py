"""Runs of this process, each in its own task, independent of its caller."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from wftui.engine.host.heartbeat import HeartbeatTask
from wftui.engine.primitives.emitter import RunBroken
from wftui.engine.run.run import Run
from wftui.model.errors import UserError
from wftui.model.json.big_values import settle_objects
from wftui.model.run.events import ExecutionEvent
from wftui.model.text.commands import shown_command

if TYPE_CHECKING:
    from datetime import datetime

    from wftui.store.execution_store import ExecutionStore

_RELEASE_SECONDS = 1.0
_MANY_STEPS = 1_000


class UnrecordedError(UserError):
    """A run ended because its events could not be stored."""

    code = "run.unrecorded"


class LocalRuns:
    """Runs of this process: drives them to their end, with heartbeats and signals.

    Args:
        place: the options that lead a command to their history.
    """

    def __init__(self, store: "ExecutionStore", place: Sequence[str] = ()) -> None:
        self._store = store
        self._place = place
        self._runs: dict[str, Run] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._broken: dict[str, RunBroken] = {}
        self._releases: set[asyncio.Task[None]] = set()
        self._heartbeat = HeartbeatTask(store, self._runs)

    def get(self, run_id: str) -> Run | None:
        """Return a run of this process, or None."""
        return self._runs.get(run_id)

    def ids(self) -> list[str]:
        """Return the ids of all runs, oldest first."""
        return list(self._runs)

    def time_of(self, run_id: str) -> "datetime | None":
        """Return the time by the clock of a run, or None for one that is not here."""
        run = self._runs.get(run_id)
        return None if run is None else run.context.now()

    def launch(self, run: Run) -> None:
        """Start a recorded run."""
        if len(run.context.plan.steps) >= _MANY_STEPS:
            settle_objects()
        self._broken.pop(run.id, None)
        self._runs[run.id] = run
        self._tasks[run.id] = asyncio.create_task(self._drive(run))
        self._heartbeat.begin()

    def release_later(self, run_id: str) -> None:
        """Release a run that cannot be recorded, once the database is writable again.

        The run is interrupted then.
        """
        self._releases.add(asyncio.create_task(self._release(run_id)))

    async def until_end(self, run_id: str) -> None:
        """Wait for the end of a run of any process.

        Raises:
            NotFoundError: there is no such run.
            UnrecordedError: it ended because its events could not be stored.
        """
        task = self._tasks.get(run_id)
        if task is not None:
            await asyncio.shield(task)
        elif run_id not in self._broken:
            await self._store.until_end(run_id)
        self.check_recorded(run_id)

    def check_recorded(self, run_id: str) -> None:
        """Raise `UnrecordedError` if the events of a run could not be stored."""
        if run_id in self._broken:
            command = shown_command(["resume", run_id], self._place)
            raise UnrecordedError(f"{self._broken[run_id]}; it was stopped, and can be resumed later: {command}")

    async def follow(self, run_id: str, after: int) -> AsyncIterator[list[ExecutionEvent]]:
        """Yield a run's events until its end; raises what `until_end` raises."""
        try:
            async for batch in self._store.follow(run_id, after=after, until=lambda: run_id in self._broken):
                yield batch
        except UserError as error:
            if error.code == "store.replaced" and (task := self._tasks.get(run_id)) is not None:
                await asyncio.wait([task])  # the run knows where its events are
            self.check_recorded(run_id)
            raise
        self.check_recorded(run_id)

    async def close(self, cancel: bool) -> None:
        """Wait for the end of all runs, optionally cancelling them first."""
        while self._runs:
            tasks = list(self._tasks.values())
            if cancel:
                for run in [run for run in self._runs.values() if not run.ended]:
                    with suppress(RunBroken):  # reported to those who wait for the run
                        await run.cancel("the program ends")
                cancel = False
            await asyncio.wait(tasks)
        await self._heartbeat.end()
        for task in self._releases:
            task.cancel()
        await asyncio.gather(*self._releases, return_exceptions=True)

    async def _drive(self, run: Run) -> None:
        try:
            await run.run()
        except RunBroken as broken:
            self._broken[run.id] = broken
            self._store.wake_followers(run.id)
            await self._store.note_unrecorded(run.id, broken.__cause__ or broken)
            self.release_later(run.id)
        finally:
            del self._runs[run.id], self._tasks[run.id]

    async def _release(self, run_id: str) -> None:
        while True:
            try:
                await self._store.release(run_id)
                await self._store.recover()
                return
            except UserError:
                await asyncio.sleep(_RELEASE_SECONDS)
