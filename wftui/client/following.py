"""The event stream of a run, without loss or double when the line drops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from wftui.client.connection import ServerConnection
from wftui.client.errors import UnreachableError
from wftui.model.clock import Elapsed
from wftui.model.errors import UserError
from wftui.model.run.event_json import parse_event
from wftui.model.run.events import TERMINAL_EVENTS, ExecutionEvent
from wftui.model.text.commands import shown_command

PATIENCE = 300.0
"""Seconds without a connection after which a follower gives up."""
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_OWN_EVENTS = frozenset({b"goodbye"})
"""Events of the stream that are none of the run."""


@dataclass(slots=True)
class RunFollower:
    """Follows runs of a server.

    Attributes:
        rests: takes a run id and an event number; tells whether the run is interrupted and has no later event.
        report: takes a sentence about a lost connection.
        patience: see `PATIENCE`.
    """

    connection: ServerConnection
    rests: Callable[[str, int], Awaitable[bool]]
    report: Callable[[str], None]
    elapsed: Elapsed
    patience: float = PATIENCE

    async def follow(self, run_id: str, after: int) -> AsyncIterator[list[ExecutionEvent]]:
        """Yield the events of a run after a number, until it has ended or is interrupted.

        Raises:
            UnreachableError: the line has been down for too long.
            UserError: the run has been removed, or the token.
        """
        if await self.rests(run_id, after):
            return
        last, pause = after, _FIRST_PAUSE
        down_since: float | None = None
        while True:
            try:
                async with self.connection.events(f"/api/workflows/execute/{run_id}/events", last) as data:
                    if data is None:
                        return
                    async for events in event_batches(data):
                        down_since, pause = None, _FIRST_PAUSE
                        fresh = [event for event in events if event.seq > last]
                        if not fresh:
                            continue
                        last = fresh[-1].seq
                        yield fresh
                        if fresh[-1].type in TERMINAL_EVENTS:
                            return
                        if fresh[-1].type == "interrupted" and await self.rests(run_id, last):
                            return
                self._say_lost(down_since)
            except UnreachableError as error:
                self._say_lost(down_since)
                if down_since is not None and self.elapsed() - down_since > self.patience:
                    raise self._given_up(run_id, error) from None
            down_since = self.elapsed() if down_since is None else down_since
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _say_lost(self, down_since: float | None) -> None:
        if down_since is None:
            self.report(f"the connection to {self.connection.url} is lost; retrying")

    def _given_up(self, run_id: str, error: UserError) -> UnreachableError:
        minutes = f"{self.patience / 60:g} minutes"
        again = shown_command(["watch", run_id], self.connection.options)
        return UnreachableError(f"{error}, for {minutes}; the run does not depend on it: {again}", code="remote.lost")


async def event_batches(data: AsyncIterator[bytes]) -> AsyncIterator[list[ExecutionEvent]]:
    """Yield the events of a stream, those of one chunk together; none for a comment."""
    rest = b""
    async for some in data:
        *blocks, rest = (rest + some).split(b"\n\n")
        yield [event for block in blocks if (event := _event(block)) is not None]


def _event(block: bytes) -> ExecutionEvent | None:
    fields: dict[bytes, bytes] = {}
    for line in block.split(b"\n"):
        name, _, text = line.partition(b": ")
        fields[name] = text
    if b"data" not in fields or fields.get(b"event") in _OWN_EVENTS:
        return None
    return parse_event(fields[b"data"])
