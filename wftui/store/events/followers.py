"""Delivery of committed events to the followers of a run in this process.

The writer wakes the followers of its own runs. For runs that other processes write, all followers of a database share
one poll, which reads nothing while no process has written.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from wftui.model.errors import UserError
from wftui.model.run.events import ExecutionEvent, Log

_KEPT = 8_000
_KEPT_CHARACTERS = 4_000_000
"""Characters of log lines in an inbox; they are read from the database beyond that."""
_POLL_SECONDS = 0.04
_OWN_RUNS_SECONDS = 1.0
"""Between polls while this process writes all followed runs: others only remove or interrupt them."""


class Subscription:
    """Inbox of a follower.

    It drops events when it is not emptied in time; the reader sees the gap and reads the database.
    """

    def __init__(self) -> None:
        self._events: deque[ExecutionEvent] = deque(maxlen=_KEPT)
        self._characters = 0
        self._news = asyncio.Event()

    def put(self, events: Sequence[ExecutionEvent]) -> None:
        """Add committed events; none only wakes the follower."""
        self._characters += sum(len(event.message) for event in events if isinstance(event, Log))
        if self._characters > _KEPT_CHARACTERS:
            self._events.clear()
            self._characters = 0
        self._events.extend(events)
        self._news.set()

    def take(self) -> list[ExecutionEvent]:
        """Empty the inbox and return its events."""
        self._news.clear()
        events = list(self._events)
        self._events.clear()
        self._characters = 0
        return events

    async def wait(self) -> None:
        """Wait until there is something to take, or to read from the database."""
        await self._news.wait()


class Progress(Protocol):
    """Reads how far runs are in the database."""

    async def version(self) -> int:
        """Return a number that changes when any connection has written."""

    async def last_places(self, run_ids: Collection[str]) -> Mapping[str, int]:
        """Return the number of the last event of each run that exists."""


class Followers:
    """Subscriptions by run.

    Args:
        progress: reads how far runs are, for runs of other processes.
        is_own: whether this process writes a run.
    """

    def __init__(self, progress: Progress, is_own: Callable[[str], bool]) -> None:
        self._progress = progress
        self._is_own = is_own
        self._by_run: dict[str, set[Subscription]] = {}
        self._seen: dict[str, int | None] = {}
        self._poll: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    def subscribe(self, run_id: str) -> Subscription:
        """Open an inbox; `leave` closes it."""
        subscription = Subscription()
        self._by_run.setdefault(run_id, set()).add(subscription)
        if self._poll is None:
            self._poll = asyncio.get_running_loop().create_task(self._watch())
        elif not self._is_own(run_id):
            self._hurry.set()
        return subscription

    def leave(self, run_id: str, subscription: Subscription) -> None:
        """Close an inbox."""
        subscriptions = self._by_run.get(run_id, set())
        subscriptions.discard(subscription)
        if not subscriptions:
            self._by_run.pop(run_id, None)
            self._seen.pop(run_id, None)
        if not self._by_run and self._poll is not None:
            self._poll.cancel()
            self._poll = None

    def publish(self, run_id: str, events: Sequence[ExecutionEvent]) -> None:
        """Deliver committed events."""
        subscriptions = self._by_run.get(run_id)
        if subscriptions:
            self._seen[run_id] = events[-1].seq
            for subscription in subscriptions:
                subscription.put(events)

    def wake(self, run_id: str) -> None:
        """Make the followers of a run look at the database."""
        for subscription in self._by_run.get(run_id, ()):
            subscription.put(())

    def close(self) -> None:
        """End the poll."""
        if self._poll is not None:
            self._poll.cancel()
            self._poll = None

    async def _watch(self) -> None:
        version: int | None = None
        while True:
            try:
                version = await self._look(version)
            except UserError:  # the followers meet the same error, and report it
                for run_id in list(self._by_run):
                    self.wake(run_id)
                await asyncio.sleep(_OWN_RUNS_SECONDS)
            self._hurry.clear()
            if all(self._is_own(run_id) for run_id in self._by_run):
                with suppress(TimeoutError):
                    async with asyncio.timeout(_OWN_RUNS_SECONDS):
                        await self._hurry.wait()
            else:
                await asyncio.sleep(_POLL_SECONDS)

    async def _look(self, before: int | None) -> int:
        """Wake the followers of runs that have moved on since the last look."""
        version = await self._progress.version()
        run_ids = list(self._by_run)
        if version == before and all(run_id in self._seen for run_id in run_ids):
            return version
        places = await self._progress.last_places(run_ids)
        for run_id in run_ids:
            last = places.get(run_id)
            if run_id in self._by_run and self._seen.get(run_id, -1) != last:
                self._seen[run_id] = last
                self.wake(run_id)
        return version
