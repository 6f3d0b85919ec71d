"""Coordinator: connections of this process to PostgreSQL, state of its jobs."""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

import psycopg

from wftui import __version__
from wftui.workers.database import Database, Row, ended, process_name
from wftui.workers.job_files import JobFiles
from wftui.workers.jobs import read_direct_end
from wftui.workers.sealing import Seal, load_seal
from wftui.workers.tables import BEAT_SECONDS, LEASE_SECONDS, queue_name

_LOOK = """
select j.id, j.state, j.claim, j.worker, j.queue,
  (select max(m.seq) from messages m where m.job = j.id) as last_message,
  w.seen
from jobs j left join workers w on w.name = j.worker
where j.coordinator = %s
"""
_LIVE = """
select name, pools, version, key, seen from workers
where seen > now() - make_interval(secs => %s) and not draining order by since
"""
_FORGET = """
with gone as (
  delete from jobs using unnest(%s::text[], %s::text[]) as old (id, ticket)
  where jobs.id = old.id and jobs.ticket = old.ticket returning delivery
)
delete from procrastinate_jobs using gone where id = gone.delivery
"""
_END_RUN = """
with gone as (delete from jobs where run = %(run)s returning delivery)
, freed as (delete from runs where run = %(run)s)
delete from procrastinate_jobs using gone where id = gone.delivery
"""


class Watched(Protocol):
    """An attempt whose job the coordinator watches."""

    id: str
    pool: str

    def wake(self) -> None:
        """Read the job and its messages."""

    def hear_end(self, row: Row) -> None:
        """Take the end of the job from a notification that has all of it."""

    def hear_trouble(self, sentence: str | None) -> None:
        """Take note that PostgreSQL cannot be used, or can be used again."""

    def look(self, row: Row, *, unfit: str | None, lost: bool) -> None:
        """Take note of the state of the job.

        Args:
            unfit: why no worker can take it, empty if none of the pool lives; None: one can.
            lost: the worker has given no sign of life for too long.
        """


@dataclass(slots=True)
class _Forgotten:
    id: str
    ticket: str


class Coordinator:
    """The coordinator of one process."""

    def __init__(self, address: str, seal: Seal) -> None:
        self.database = database = Database(address, "wftui", tell=self._hear_trouble)
        self.seal = seal
        self.name = process_name()
        self.runs: set[str] = set()
        self.files = JobFiles(database, seal)
        self._attempts: dict[str, Watched] = {}
        self._forgotten: list[_Forgotten] = []
        self._here_since = time.monotonic()
        self._signs: dict[str, tuple[datetime, float]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(cls, address: str) -> Self:
        """Connect; raises WorkersError when that cannot be done."""
        coordinator = cls(address, load_seal())
        await coordinator.database.open()
        listening = asyncio.Event()
        coordinator._tasks = [
            asyncio.create_task(coordinator._listen(listening)),
            asyncio.create_task(coordinator._watch()),
        ]
        await listening.wait()
        return coordinator

    async def close(self) -> None:
        """Close all connections; jobs continue."""
        for task in self._tasks:
            await ended(task)
        await self.database.close()

    def enter(self, attempt: Watched) -> None:
        """Look after the job of an attempt."""
        self._attempts[attempt.id] = attempt
        if self.database.trouble is not None:
            attempt.hear_trouble(self.database.trouble)

    def leave(self, attempt: Watched, ticket: str) -> None:
        """Remove the job of an attempt that has ended."""
        if self._attempts.get(attempt.id) is attempt:
            del self._attempts[attempt.id]
        self._forgotten.append(_Forgotten(attempt.id, ticket))

    async def end_run(self, run_id: str) -> None:
        """Remove the jobs of a run; its workers remove their files of it."""
        if run_id in self.runs:
            self.runs.discard(run_id)
            self.files.forget(run_id)
            with contextlib.suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(5):
                    await self.remove_run(run_id)

    async def remove_run(self, run_id: str) -> None:
        """Remove all jobs of a run, which ends those that still run."""
        await self.database.rows(_END_RUN, {"run": run_id})

    async def held(self, run_id: str) -> frozenset[str]:
        """Return the paths of the jobs of a run."""
        rows = await self.database.rows("select path from jobs where run = %s and stop = 0", [run_id])
        return frozenset(row["path"] for row in rows)

    async def forget(self) -> None:
        """Remove the jobs that have ended and were read."""
        if gone := self._forgotten[:]:
            ids, tickets = [each.id for each in gone], [each.ticket for each in gone]
            await self.database.rows_now(_FORGET, [ids, tickets])
            del self._forgotten[: len(gone)]

    async def _listen(self, listening: asyncio.Event) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self.database.conninfo, autocommit=True) as connection:
                    await connection.execute(psycopg.sql.SQL("listen {}").format(psycopg.sql.Identifier(self.name)))
                    listening.set()
                    for attempt in list(self._attempts.values()):
                        attempt.wake()
                    async for notification in connection.notifies():
                        self._hear(notification.payload)
            except psycopg.Error:
                await asyncio.sleep(BEAT_SECONDS / 4)

    def _hear(self, notification: str) -> None:
        """Take a notification: the id of a job, or its end with all that it says.

        Every user of the database can send one, so that one which cannot be read is none.
        """
        try:
            ended = read_direct_end(notification) if notification.startswith("[") else None
        except (ValueError, TypeError, RecursionError):
            return
        if (known := self._attempts.get(notification if ended is None else ended["id"])) is None:
            return
        if ended is None:
            known.wake()
        else:
            known.hear_end(ended)

    def _hear_trouble(self, sentence: str | None) -> None:
        for attempt in self._attempts.values():
            attempt.hear_trouble(sentence)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self._look()
            except psycopg.Error:  # most likely PostgreSQL is away
                self._here_since = time.monotonic() + BEAT_SECONDS

    async def _look(self) -> None:
        if self._forgotten:
            await self.forget()
        if not self._attempts:
            return
        begun = time.monotonic()
        rows = await self.database.rows_now(_LOOK, [self.name])
        workers = await self.database.rows_now(_LIVE, [LEASE_SECONDS])
        if time.monotonic() - begun > LEASE_SECONDS / 2:
            self._here_since = time.monotonic()  # PostgreSQL was slow for the workers, too
        judged = time.monotonic() - self._here_since > LEASE_SECONDS
        await self.database.rows_now("update runs set seen = now() where run = any(%s)", [list(self.runs)])
        self._signs = {row["name"]: self._sign(row["name"], row["seen"]) for row in workers} | {
            row["worker"]: self._sign(row["worker"], row["seen"]) for row in rows if row["seen"] is not None
        }
        silent = {name for name, (_, since) in self._signs.items() if time.monotonic() - since > LEASE_SECONDS}
        live = [row for row in workers if row["name"] not in silent]
        for row in rows:
            if (known := self._attempts.get(row["id"])) is not None:
                lost = row["worker"] in silent or row["seen"] is None
                known.look(row, unfit=self._unfit(known.pool, live), lost=judged and lost)

    def _sign(self, worker: str, seen: datetime) -> tuple[datetime, float]:
        """Return the last sign of life of a worker, and when it was first seen here.

        Silence is measured here: the clock of PostgreSQL may be set.
        """
        known = self._signs.get(worker)
        return known if known is not None and known[0] == seen else (seen, time.monotonic())

    def queue(self, pool: str) -> str:
        """Return the queue of the workers of a pool that can do jobs of this process."""
        return queue_name(pool, __version__, self.seal.id)

    def _unfit(self, pool: str, workers: Iterable[Row]) -> str | None:
        """Return why no worker of a pool can do a job of this process.

        Empty if none lives; None if one can.
        """
        here = [row for row in workers if pool in row["pools"]]
        if any((row["version"], row["key"]) == (__version__, self.seal.id) for row in here):
            return None
        if not here:
            return ""
        row = here[0]
        if row["version"] != __version__:
            sentence = f"{row['name']} has wftui {row['version']}, this run {__version__}"
        else:
            sentence = f"{row['name']} has the key {row['key']}, this run {self.seal.id}"
        return sentence if len(here) == 1 else f"{sentence} ({len(here) - 1} more)"
