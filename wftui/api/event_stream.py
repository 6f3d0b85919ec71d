"""Server-sent events of a run: stored ones, then live, by their numbers.

Nothing is fetched ahead of the client: while it does not read, the stream reads nothing, and the run goes its way. What
it has missed comes from the database.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from wftui.api.call import ABORT, ServerState
from wftui.model.errors import UserError
from wftui.model.run.events import ExecutionEvent

_RETRY = 2000
_CHUNK = 64 * 1024
_RECENT = 64
_OPENING = f"retry: {_RETRY}\n\n".encode()
_KEEP_ALIVE = b": keep-alive\n\n"
_GOODBYE = f'event: goodbye\nretry: {_RETRY}\ndata: {{"reason": "the server is stopping"}}\n\n'.encode()


class ServerSentEvents(Response):
    """A response with the events of a run, which ends after the last one.

    Args:
        events: batches of events, such as those of `workbench.runs.follow`.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncIterator[list[ExecutionEvent]],
        state: ServerState,
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until they, the server or the connection end."""
        gone = asyncio.ensure_future(_disconnected(receive))
        sending = asyncio.ensure_future(self._send(scope, send))
        try:
            await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (gone, sending):
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task

    async def _send(self, scope: Scope, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for chunk in self._chunks():
                async with asyncio.timeout(self._state.patience):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except TimeoutError:
            # Without the end of the body, the client knows that something is missing.
            scope.get("state", {}).get(ABORT, lambda: None)()
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield _OPENING
        closing = asyncio.ensure_future(self._state.closing.wait())
        batch = asyncio.ensure_future(_next(self._events))
        try:
            while True:
                await asyncio.wait(
                    {batch, closing}, timeout=self._state.keep_alive, return_when=asyncio.FIRST_COMPLETED
                )
                if batch.done():
                    events = batch.result()
                    if events is None:
                        return
                    for chunk in chunks(events):
                        yield chunk
                    batch = asyncio.ensure_future(_next(self._events))
                elif closing.done():
                    yield _GOODBYE
                    return
                else:
                    yield _KEEP_ALIVE
        except UserError:  # the run was removed, or its database is gone: the next request says which
            yield _GOODBYE
        finally:
            closing.cancel()
            batch.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await batch
            if hasattr(self._events, "aclose"):
                await self._events.aclose()


def chunks(events: list[ExecutionEvent]) -> Iterator[bytes]:
    """Yield events in the form of the stream, several in one chunk."""
    parts: list[bytes] = []
    size = 0
    for event in events:
        part = _encoded(event)
        parts.append(part)
        size += len(part)
        if size > _CHUNK:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


_recent: OrderedDict[tuple[str, int], tuple[ExecutionEvent, bytes]] = OrderedDict()
"""The newest events as they are sent: all clients of a run get the same bytes."""


def _encoded(event: ExecutionEvent) -> bytes:
    key = (event.run_id, event.seq)
    known = _recent.get(key)
    if known is not None and known[0] is event:
        return known[1]
    encoded = f"id: {event.seq}\nevent: {event.type}\ndata: {event.to_json()}\n\n".encode()
    _recent[key] = (event, encoded)
    if len(_recent) > _RECENT:
        _recent.popitem(last=False)
    return encoded


async def _next(events: AsyncIterator[list[ExecutionEvent]]) -> list[ExecutionEvent] | None:
    return await anext(events, None)


async def _disconnected(receive: Receive) -> None:
    while not str((await receive())["type"]).endswith("disconnect"):
        pass
