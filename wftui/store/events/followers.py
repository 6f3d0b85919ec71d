"""Delivery of committed events to the followers of a run in this process."""

import asyncio
from collections import deque
from collections.abc import Sequence

from wftui.model.run.events import ExecutionEvent

_KEPT = 10_000


class Subscription:
    """Inbox of a follower.

    It drops events when it is not emptied in time; the reader sees the gap and reads the database.
    """

    def __init__(self) -> None:
        self._events: deque[ExecutionEvent] = deque(maxlen=_KEPT)
        self._news = asyncio.Event()

    def put(self, events: Sequence[ExecutionEvent]) -> None:
        """Add committed events."""
        self._events.extend(events)
        self._news.set()

    def take(self) -> list[ExecutionEvent]:
        """Empty the inbox and return its events."""
        self._news.clear()
        events = list(self._events)
        self._events.clear()
        return events

    async def wait(self, seconds: float) -> None:
        """Wait for new events, at most some seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return


class Followers:
    """Subscriptions by run."""

    def __init__(self) -> None:
        self._by_run: dict[str, set[Subscription]] = {}

    def subscribe(self, run_id: str) -> Subscription:
        """Open an inbox; `leave` closes it."""
        subscription = Subscription()
        self._by_run.setdefault(run_id, set()).add(subscription)
        return subscription

    def leave(self, run_id: str, subscription: Subscription) -> None:
        """Close an inbox."""
        subscriptions = self._by_run.get(run_id, set())
        subscriptions.discard(subscription)
        if not subscriptions:
            self._by_run.pop(run_id, None)

    def publish(self, run_id: str, events: Sequence[ExecutionEvent]) -> None:
        """Deliver committed events."""
        for subscription in self._by_run.get(run_id, ()):
            subscription.put(events)
