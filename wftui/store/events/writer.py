"""Event writer: numbers events, commits them in groups, then publishes them.

Events of a run are numbered in the order of the calls. Events that no caller waits for are part of the next commit, at
the latest 15 ms later; a commit that a caller waits for includes everything queued. A failed commit leaves its events
in the queue, with their numbers, and is retried: no accepted event is dropped, and none is stored twice.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial

from wftui.model.errors import RunNotFoundError, UserError
from wftui.model.run.events import TERMINAL_EVENTS, Created, ExecutionEvent, LogSegment
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.record_copy import copied
from wftui.model.run.steps import StepInfo
from wftui.runtime.json_values import TooBigError
from wftui.store.events import payloads
from wftui.store.events.event_rows import PreparedEvent, prepare
from wftui.store.events.group_commit import Ticket, WrittenRun, loss_of, write_group
from wftui.store.events.payloads import Payload
from wftui.store.events.run_rows import RunRow, waiting_entries
from wftui.store.events.snapshots import begin_fold
from wftui.store.ownership.claims import ThisProcess
from wftui.store.sqlite.connection import WritingConnection
from wftui.store.sqlite.store_errors import RunExistsError, StoreConflict

_GROUP_SECONDS = 0.015
_RETRY_SECONDS = 1.0
_IN_PLACE_BYTES = 128 * 1024
_QUEUE_BYTES = 8 * 1024 * 1024
_PAYLOAD_TRANSACTION_BYTES = 4 * 1024 * 1024

Publish = Callable[[str, Sequence[ExecutionEvent]], None]


class EventWriter:
    """Appends events for the runs of this process."""

    def __init__(self, connection: WritingConnection, process: ThisProcess, publish: Publish) -> None:
        self._connection = connection
        self._process = process
        self._publish = publish
        self._runs: dict[str, WrittenRun] = {}
        self._queue: list[Ticket] = []
        self._queued_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._drain: asyncio.Task[None] | None = None

    async def append(self, events: Sequence[ExecutionEvent], *, wait: bool) -> list[ExecutionEvent]:
        """Number and store events of one run; see `ExecutionStore.append`."""
        if not events:
            return []
        run_id = events[0].run_id
        if any(event.run_id != run_id for event in events):
            raise ValueError("the events of one append belong to one run")
        run = self._runs.get(run_id)
        if run is None:
            run = self._runs[run_id] = WrittenRun(RunRow(run_id))
            if isinstance(events[0], Created):
                run.loaded, run.fold = True, begin_fold(events[0])
        ticket = self._enqueue_at_once(run, events) or await self._enqueue_in_turn(run, events)
        if wait or self._queued_bytes > _QUEUE_BYTES:
            await self._commit(ticket)
        return ticket.events

    async def live_record(self, run_id: str) -> ExecutionRecord | None:
        """Return a copy of the record of a run that is written here, once it is committed.

        Raises:
            StoreError: the commit failed.
        """
        run = self._runs.get(run_id)
        if run is None or run.fold is None or run.lost:
            return None
        record = copied(run.fold.record)
        await self.flush()
        return record

    def declared(self, run_id: str) -> Sequence[StepInfo] | None:
        """Return the declared steps of a run in progress, if it was created here."""
        run = self._runs.get(run_id)
        return run.fold.declared if run is not None and run.fold is not None else None

    def writes(self, run_id: str) -> bool:
        """Return whether events of a run are written here, and it has not ended."""
        run = self._runs.get(run_id)
        return run is not None and run.loaded and not run.lost

    def forget(self, run_id: str) -> None:
        """Forget the state of a run, so that its next event is numbered from the database."""
        self._runs.pop(run_id, None)

    async def flush(self) -> None:
        """Commit everything queued.

        Raises:
            StoreError: the commit failed; the events stay queued.
        """
        while self._queue or self._drain:
            if self._drain is not None:
                await asyncio.wait([self._drain])
            else:
                await self._commit(self._queue[-1])

    def stop(self) -> None:
        """Stop retrying failed commits."""
        if self._timer is not None:
            self._timer.cancel()

    # --- into the queue ---------------------------------------------------------------------------------------------

    def _enqueue_at_once(self, run: WrittenRun, events: Sequence[ExecutionEvent]) -> Ticket | None:
        """Enqueue small events without yielding, unless other calls of the run wait."""
        if run.calls or not run.loaded:
            return None
        try:
            prepared = [prepare(event, at_once=True) for event in events]
        except TooBigError:
            return None
        return self._enqueue(run, prepared)

    async def _enqueue_in_turn(self, run: WrittenRun, events: Sequence[ExecutionEvent]) -> Ticket:
        run.calls += 1
        try:
            async with run.turn:  # first come, first served
                if not run.loaded:
                    await self._load(run)
                prepared = await asyncio.to_thread(lambda: [prepare(event, at_once=False) for event in events])
                for one in prepared:
                    for payload in one.payloads:
                        await self._store_payload(payload)
                return self._enqueue(run, prepared)
        finally:
            run.calls -= 1

    def _enqueue(self, run: WrittenRun, prepared: list[PreparedEvent]) -> Ticket:
        self._refuse(run, prepared)
        ticket = Ticket(run, [], [], {}, [], 0)
        for one in prepared:
            run.row.last_seq += 1
            event, row = one.number(run.row.last_seq)
            ticket.events.append(event)
            ticket.rows.append(row)
            ticket.references += one.references
            ticket.bytes += len(row.data)
            ticket.changes |= run.row.follow(event)
            if run.fold is not None:
                run.fold.follow(event, len(row.data))
            if isinstance(event, LogSegment):
                ticket.segments.append(event)
        if run.fold is not None and (snapshot := run.fold.due(ticket.events[-1])) is not None:
            ticket.snapshot = snapshot
            ticket.bytes += len(snapshot)
        self._queue.append(ticket)
        self._queued_bytes += ticket.bytes
        if self._timer is None and self._drain is None:
            self._timer = asyncio.get_running_loop().call_later(_GROUP_SECONDS, self._on_timer)
        return ticket

    def _refuse(self, run: WrittenRun, prepared: list[PreparedEvent]) -> None:
        row = run.row
        if run.lost:
            raise loss_of(row)
        if row.ended:
            self.forget(row.id)
            raise StoreConflict(f"run {row.id} has ended ({row.status}); no events can be added")
        if isinstance(prepared[0].event, Created):
            if row.last_seq:
                raise RunExistsError(f"run {row.id} already exists")
        elif not row.last_seq:
            self.forget(row.id)
            raise RunNotFoundError(row.id)
        for one in prepared[:-1]:
            if one.event.type in TERMINAL_EVENTS:
                raise StoreConflict(f"run {row.id}: no event can follow its end")

    async def _load(self, run: WrittenRun) -> None:
        def read(connection: sqlite3.Connection) -> tuple[int, str, str | None, int] | None:
            row: tuple[int, str, str | None, int] | None = connection.execute(
                "SELECT key, status, waiting,"
                " (SELECT max(place) & 0xFFFFFFFF FROM events WHERE place < (key + 1) << 32)"
                " FROM executions WHERE id = ?",
                (run.row.id,),
            ).fetchone()
            return row

        found = await self._connection.run(read)
        if found is not None:
            run.row.key, run.row.status = found[0], found[1]  # type: ignore[assignment]  # only our statuses are stored
            run.row.waiting, run.row.last_seq = waiting_entries(found[2]), found[3]
        run.loaded = True

    async def _store_payload(self, payload: Payload) -> None:
        if not await self._connection.run(
            lambda connection: payloads.begin(connection, payload, self._process.key(connection))
        ):
            return
        group: list[tuple[int, bytes]] = []
        for index, part in enumerate(payload.parts, 1):
            group.append(part)
            if sum(len(data) for _, data in group) > _PAYLOAD_TRANSACTION_BYTES or index == len(payload.parts):
                await self._connection.run(partial(payloads.write_parts, payload=payload, parts=group), short=False)
                group = []
        await self._connection.run(lambda connection: payloads.finish(connection, payload))

    # --- out of the queue -------------------------------------------------------------------------------------------

    def _on_timer(self) -> None:
        self._timer = None
        if self._queue and not self._commit_in_place():
            self._start_drain()

    async def _commit(self, ticket: Ticket) -> None:
        """Wait for the commit of a ticket; raise its error."""
        if not ticket.committed and ticket.error is None and not self._commit_in_place():
            ticket.waiter = asyncio.get_running_loop().create_future()
            self._start_drain()
            await ticket.waiter
        if ticket.error is not None:
            raise ticket.error

    def _commit_in_place(self) -> bool:
        """Commit the queue in place; return False when the thread has to do it."""
        return self._drain is None and self._try_in_place()

    def _try_in_place(self) -> bool:
        if self._queued_bytes > _IN_PLACE_BYTES:
            return False
        tickets = self._queue
        try:
            done = self._connection.try_at_once(lambda connection: write_group(connection, tickets, self._process))
        except (sqlite3.IntegrityError, UserError):
            return False  # the thread will meet and handle the same error
        if done is None:
            return False
        self._take_queue()
        self._committed(tickets, done[0])
        return True

    def _start_drain(self) -> None:
        if self._drain is None:
            self._drain = asyncio.get_running_loop().create_task(self._drain_queue())

    async def _drain_queue(self) -> None:
        try:
            while self._queue:
                # Concurrent work keeps refilling the queue, which alone does not need the thread.
                if self._try_in_place():
                    continue
                tickets = self._take_queue()
                try:
                    await self._commit_in_thread(tickets)
                except UserError as error:
                    self._requeue(tickets, error)
                    if not any(ticket.is_awaited for ticket in self._queue):
                        return
                    # Tickets added in the meantime have not been tried: there may be space on the disk by now.
                except BaseException as error:
                    self._requeue(tickets, error)
                    self._notify(self._queue, error)
                    raise
        finally:
            self._drain = None

    async def _commit_in_thread(self, tickets: list[Ticket]) -> None:
        try:
            keys = await self._connection.run(
                lambda connection: write_group(connection, tickets, self._process), short=False
            )
        except sqlite3.IntegrityError:
            if len({ticket.run for ticket in tickets}) == 1:
                self._mark_lost(tickets)
                return
            # One of the runs belongs to another process; commit the others without it.
            for run in dict.fromkeys(ticket.run for ticket in tickets):
                await self._commit_in_thread([ticket for ticket in tickets if ticket.run is run])
        else:
            self._committed(tickets, keys)

    def _take_queue(self) -> list[Ticket]:
        # The timer keeps running: one timer per commit costs more than an occasional early commit.
        tickets, self._queue, self._queued_bytes = self._queue, [], 0
        return tickets

    def _committed(self, tickets: list[Ticket], keys: dict[str, int]) -> None:
        published: dict[str, list[ExecutionEvent]] = {}
        for ticket in tickets:
            run = ticket.run
            if run.row.key is None:
                run.row.key = keys[run.row.id]
            ticket.committed = True
            ticket.error = None
            if run.row.ended and run.row.last_seq == ticket.rows[-1].seq:
                self.forget(run.row.id)
            published.setdefault(run.row.id, []).extend(ticket.events)
            ticket.wake()
        for run_id, events in published.items():
            self._publish(run_id, events)

    def _mark_lost(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            ticket.run.lost = True
            row = ticket.run.row
            ticket.error = loss_of(row)
            ticket.wake()

    def _requeue(self, tickets: list[Ticket], error: BaseException) -> None:
        """Requeue tickets after a failed commit, notify their callers, and retry soon."""
        pending = [ticket for ticket in tickets if not ticket.committed and not ticket.run.lost]
        waiting = [*pending, *self._queue]
        self._queue = waiting
        self._queued_bytes = sum(ticket.bytes for ticket in waiting)
        self._notify(pending, error)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_RETRY_SECONDS, self._on_timer)

    def _notify(self, tickets: list[Ticket], error: BaseException) -> None:
        for ticket in tickets:
            if ticket.waiter is not None and ticket.is_awaited:
                ticket.waiter.set_exception(error)
            ticket.waiter = None
