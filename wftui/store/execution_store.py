"""ExecutionStore: interface of the database for engine and workbench, without SQL.

Methods that reach the disk raise `StoreError` (sentence, code `store.*`) when the database cannot be used.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from wftui.model.base import Json
from wftui.model.clock import Clock, utc_now
from wftui.model.run.events import Created, ExecutionEvent, Interrupted, Log, LogSegment
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.snapshot import pack_record
from wftui.model.run.steps import StepInfo
from wftui.model.run.summary import CleanupReport
from wftui.model.user.user_settings import Durability
from wftui.store import log_segments
from wftui.store.events import orphans, plans, snapshots
from wftui.store.events.updates import event_of_update
from wftui.store.events.writer import EventWriter, Publish
from wftui.store.history.stored_runs import RETENTION, StoredRuns
from wftui.store.log_segments import DEFAULT_LIMITS, LogLimits
from wftui.store.maintenance.cleanup import Cleanup
from wftui.store.maintenance.retention import Policy, Rule
from wftui.store.opening import open_database
from wftui.store.ownership import claims, concurrency, maintenance_lease, signals
from wftui.store.ownership.claims import ThisProcess
from wftui.store.ownership.owners import LivenessProbe, Owner, beat, current_owner
from wftui.store.ownership.signals import Signal, SignalKind
from wftui.store.ownership.unrecorded import put_note, read_note, remove_note
from wftui.store.sqlite.connection import WritingConnection
from wftui.store.sqlite.database import OpenedDatabase
from wftui.store.sqlite.store_errors import StoreConflict, StoreError
from wftui.store.sqlite.times import to_milliseconds

T = TypeVar("T")


class ExecutionStore(StoredRuns):
    """Store of all runs in one database file.

    It writes the events of this process's runs and reads those of every process.

    Attributes:
        owner: the mark of this process, which owns the runs it creates.
        read_only: the file cannot be written; methods that write raise `store.read_only`.
        notice: a sentence for the user when a damaged database was set aside on opening.
    """

    def __init__(self, opened: OpenedDatabase, owner: Owner, clock: Clock, log_limits: LogLimits) -> None:
        super().__init__(opened)
        self._log_limits = log_limits
        self.owner = owner
        self.read_only = opened.read_only
        self.notice = opened.notice
        self._opened = opened
        self._clock = clock
        self._is_alive = LivenessProbe(clock).is_alive
        self._connection: WritingConnection | None = None
        self._segment_turn = asyncio.Lock()
        self._writer: EventWriter | None = None
        self._listener: Publish = lambda run_id, events: None

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock = utc_now,
        durability: Durability = "normal",
        log_limits: LogLimits = DEFAULT_LIMITS,
        tell: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """Open the database, creating, migrating or recovering it as needed.

        A cancelled call stops within a moment and leaves a database that the next one continues with.

        Args:
            tell: reports work that can take long; called in a thread.
            durability: what a commit of this process waits for.
            log_limits: how much of the logs this process stores in files beside the database.

        Raises:
            StoreError: it is not a database of wftui, is newer than this program, or cannot be opened.
        """
        opened = replace(await open_database(path, clock(), tell), durability=durability)
        store = cls(opened, current_owner(clock), clock, log_limits)
        if not opened.read_only:
            store._connection = await asyncio.to_thread(WritingConnection, opened)
            store._writer = EventWriter(store._connection, ThisProcess(store.owner), store._publish)
        return store

    def listen(self, listener: Publish) -> None:
        """Call a function with all events that this process commits from now on."""
        self._listener = listener

    async def live_record(self, run_id: str) -> ExecutionRecord | None:
        """Return the record of a run that this process writes; None of others."""
        return await self._writer.live_record(run_id) if self._writer is not None else None

    async def declared(self, run_id: str) -> Sequence[StepInfo]:
        """Return the steps of a run's workflow.

        Raises:
            NotFoundError: there is no such run.
        """
        written = self._writer.declared(run_id) if self._writer is not None else None
        if written is not None:
            return written
        first = await self.events(run_id, limit=1)
        return first[0].declared if first and isinstance(first[0], Created) else []

    def writes(self, run_id: str) -> bool:
        """Return whether this process writes a run."""
        return self._writer is not None and self._writer.writes(run_id)

    async def close(self) -> None:
        """Commit queued events and close the file.

        Raises:
            StoreError: a queued event could not be committed.
        """
        try:
            if self._writer is not None:
                await self._writer.flush()
        finally:
            await super().close()
            if self._connection is not None and self._writer is not None:
                self._writer.stop()
                await self._connection.close()
                self._connection = self._writer = None

    # --- writing ----------------------------------------------------------------------------------------------------

    async def append(self, events: Sequence[ExecutionEvent], *, wait: bool) -> list[ExecutionEvent]:
        """Number and store events of one run; the only way in for events.

        Numbers follow the order of the calls. No event is published before it is committed. Small values are committed
        without yielding to the event loop.

        Args:
            events: of one run, with `seq` 0; the store owns them from now on and sets their numbers.
            wait: return after the commit; otherwise they are part of the next one, within 15 ms.

        Returns:
            The events as published: with numbers, and `ValueRef`s (as JSON) for values over 16 KB.

        Raises:
            NotJsonError: a value is not JSON; nothing was stored.
            StoreConflict: the run has ended, or another process owns it.
            NotFoundError: the run does not exist, and the first event is not `created`.
        """
        return await self._writing()[1].append(events, wait=wait)

    @property
    def keeps_lines(self) -> bool:
        """True if `keep_lines` stores log lines."""
        return not self.read_only

    async def keep_lines(self, lines: Sequence[Log]) -> LogSegment | str:
        """Store log lines of a step in a file; the oldest files may have to go.

        Returns:
            The event that names them, to be appended, or why they cannot be stored.
        """
        async with self._segment_turn:  # a slow disk occupies one thread, however many steps log
            segment, data = await asyncio.to_thread(log_segments.pack, lines)
            return await self.put_segment(segment, data) or segment

    async def put_segment(self, segment: LogSegment, data: bytes) -> str | None:
        """Store the file of a segment; return the reason if that fails."""
        return await log_segments.store(self._writing()[0], segment, data, self._log_limits)

    async def create(self, created: Created) -> ExecutionRecord:
        """Create a run and return its record, `pending`.

        Raises:
            RunExistsError: the id is taken, in this process or another.
        """
        await self.append([created], wait=True)
        return await self._existing(created.run_id)

    async def update(self, run_id: str, updates: Mapping[str, Json]) -> ExecutionRecord:
        """Bring a run of this process into a new status and return the new record.

        Args:
            updates: `status`, and with it `outputs`, `error`, `duration` (milliseconds), `warnings`.

        Raises:
            StoreConflict: the run has ended.
            UsageError: a run cannot make this change.
        """
        await self._writing()[1].flush()
        event = event_of_update(await self._existing(run_id), updates, self._clock())
        await self.append([event], wait=True)
        return await self._existing(run_id)

    async def put_plan(self, source: str, code: str) -> str:
        """Store a compiled plan and return its hash, for the `created` event."""
        now = to_milliseconds(self._clock())
        await self._writing()[0].run(lambda connection: plans.put(connection, source, code, now))
        return plans.plan_hash(source, code)

    # --- removing ---------------------------------------------------------------------------------------------------

    async def cleanup(
        self,
        older_than: datetime | None,
        *,
        keep: int | None = None,
        workflow_id: str | None = None,
        dry_run: bool = False,
    ) -> CleanupReport:
        """Remove ended runs with all data that only they need, and shrink the file.

        Args:
            older_than: runs that ended before this time; None: runs of any age.
            keep: number of the newest runs of each workflow to keep, whatever their age.
            dry_run: remove nothing; `bytes_after` is an estimate.
        """
        return await self.apply(Policy(Rule(older_than, keep), workflow_id=workflow_id), dry_run=dry_run)

    async def apply(self, policy: Policy, *, dry_run: bool = False) -> CleanupReport:
        """Remove the runs that a policy selects; see `cleanup`."""
        return await self._in_thread(lambda cleanup: cleanup.run(policy, dry_run=dry_run), threading.Event())

    async def apply_settings(self, policy: Policy, *, dry_run: bool = False) -> CleanupReport:
        """Remove the runs that the policy of the settings selects, by `believed_time`."""
        return await self._in_thread(lambda cleanup: cleanup.run_settings(policy, dry_run=dry_run), threading.Event())

    async def tidy(self, policy: Policy, *, every: float, stop: threading.Event) -> CleanupReport | None:
        """Apply the policy of the settings, unless a process has done so recently.

        Args:
            every: minimum interval in seconds between two calls of any process; one that comes earlier returns None.
            stop: when set, the cleanup ends early and the next call of any process continues it.
        """
        connection, now = self._writing()[0], to_milliseconds(self._clock())
        milliseconds = int(every * 1000)
        if not await connection.run(lambda at_once: maintenance_lease.begin(at_once, RETENTION, now, milliseconds)):
            return None
        report, whole = await self._in_thread(lambda cleanup: (cleanup.run_settings(policy), cleanup.is_whole), stop)
        report.at = self._clock()
        report_json = report.to_json() if report.runs else None
        await connection.run(lambda at_once: maintenance_lease.end(at_once, RETENTION, report_json, whole=whole))
        return report

    async def delete(self, run_id: str) -> CleanupReport:
        """Remove one run that has ended.

        Raises:
            NotFoundError: there is no such run.
            StoreConflict: it, or its parent run, has not ended.
        """
        await self._existing(run_id)
        report = await self._in_thread(lambda cleanup: cleanup.remove(run_id), threading.Event())
        if not report.runs:
            raise StoreConflict(f"run {run_id} has not ended; cancel it first")
        self._writing()[1].forget(run_id)  # its id is free, as for an import
        return report

    # --- between processes ------------------------------------------------------------------------------------------

    async def signal(self, run_id: str, kind: SignalKind, payload: dict[str, Json]) -> None:
        """Send a request to the process that runs a run."""
        now = to_milliseconds(self._clock())
        signal = Signal(run_id, kind, payload)
        await self._writing()[0].run(lambda connection: signals.put(connection, signal, now))

    async def take_signals(self, run_ids: Sequence[str]) -> list[Signal]:
        """Return the signals for these runs since the last call; each is delivered once."""
        if not run_ids or not await signals.waiting(self._runs, run_ids):
            return []
        return await self._writing()[0].run(lambda connection: signals.take(connection, run_ids))

    async def claim(self, run_id: str, owner: Owner | None = None) -> None:
        """Take ownership of an orphaned run, to append to it.

        Of several processes that try at once, one wins.

        Raises:
            StoreConflict: it has ended, or belongs to another live process.
        """
        connection, writer = self._writing()
        mark = owner or self.owner
        await writer.flush()
        await connection.run(lambda transaction: claims.claim(transaction, run_id, mark, self._is_alive))
        writer.forget(run_id)

    async def runs_ahead(self, run_id: str, enter: str | None = None) -> list[str]:
        """Return the runs ahead of a run in its concurrency group; first `enter` one."""
        connection, writer = self._writing()
        await writer.flush()
        return await connection.run(lambda each: concurrency.ahead(each, run_id, self._is_alive, enter))

    async def claim_notification(self, run_id: str, subject: str) -> bool:
        """Claim the notification of a subject; of all processes, one gets True."""
        return await self._writing()[0].run(lambda connection: claims.claim_notification(connection, run_id, subject))

    async def heartbeat(self, owner: Owner | None = None) -> None:
        """Record a heartbeat of this process."""
        mark = beat(owner or self.owner, self._clock())
        await self._writing()[0].run(lambda connection: claims.register(connection, mark))

    @property
    def unusable(self) -> StoreError | None:
        """The error of every further write to a replaced or updated database."""
        return self._connection.unusable if self._connection is not None else None

    async def check_file(self) -> None:
        """Notice without a write that the database was replaced or updated.

        Raises:
            StoreError: `store.replaced`; what this process still has of it was copied, and the message says where.
                Or `store.newer`.
        """
        if self._connection is not None:
            await self._connection.check()

    async def release(self, run_id: str) -> None:
        """Release a run of this process; it is an orphan until a process claims it."""
        connection, writer = self._writing()
        await writer.flush()
        await connection.run(lambda transaction: claims.release(transaction, run_id, self.owner))
        writer.forget(run_id)

    async def note_unrecorded(self, run_id: str, error: BaseException) -> None:
        """Keep the reason why a run cannot be recorded, for its record later."""
        if isinstance(error, StoreError) and error.code == "store.replaced":
            return  # a database of this name does not know the run
        reason = str(error)
        await asyncio.to_thread(put_note, self.path, run_id, reason)

    async def recover(self) -> list[str]:
        """Mark orphaned runs as `interrupted` and return their ids.

        Each is marked once, even when several processes check at the same time, and a run that another process resumes
        is left alone. Nothing is marked in a read-only file.
        """
        if self.read_only:
            return []
        connection, writer = self._writing()
        found: list[str] = []
        for run_id in await self.orphans():
            reason = await asyncio.to_thread(read_note, self.path, run_id)
            message = f"its events could not be stored: {reason}" if reason else "the process that ran it has ended"
            event = Interrupted(run_id=run_id, timestamp=self._clock(), message=message)
            if await connection.run(partial(orphans.interrupt, event=event, is_alive=self._is_alive)):
                writer.forget(run_id)
                self._listener(run_id, [event])
                found.append(run_id)
            if reason:
                remove_note(self.path, run_id)
        return found

    async def orphans(self, alive: Callable[[Owner], bool] | None = None) -> list[str]:
        """Return the runs that have not ended and have no live owner, oldest first."""
        return await claims.orphans(self._runs, alive or self._is_alive)

    # ----------------------------------------------------------------------------------------------------------------

    def _publish(self, run_id: str, events: Sequence[ExecutionEvent]) -> None:
        self._followers.publish(run_id, events)
        self._listener(run_id, events)

    async def _keep_snapshot(self, record: ExecutionRecord) -> None:
        if self._connection is None:
            return
        run_id, seq, data = record.id, record.last_seq, await asyncio.to_thread(pack_record, record)
        # A full disk must not prevent reading: without a snapshot, the events are folded again.
        with contextlib.suppress(StoreError):
            await self._connection.run(lambda connection: snapshots.put_later(connection, run_id, seq, data))

    def _writing(self) -> tuple[WritingConnection, EventWriter]:
        if self._connection is not None and self._writer is not None:
            return self._connection, self._writer
        if self.read_only:
            raise StoreError(
                f"the database {self.path} is read-only; nothing can be recorded in it", code="store.read_only"
            )
        raise StoreError(f"the database {self.path} has been closed", code="store.closed")

    async def _in_thread(self, work: Callable[[Cleanup], T], stop: threading.Event) -> T:
        self._writing()
        cleanup = Cleanup(self._opened, self._clock(), self._is_alive, stop)
        try:
            return await asyncio.to_thread(work, cleanup)
        except asyncio.CancelledError:
            stop.set()  # the thread ends after its current step
            raise
