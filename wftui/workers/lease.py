"""Lease: a worker's proof of life, renewed by a thread of its own.

A step that keeps the event loop busy does not cost the worker its lease.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from wftui import __version__
from wftui.workers.database import sentence_of
from wftui.workers.tables import BEAT_SECONDS, HOLD_SECONDS

_BEAT = """
insert into workers (name, host, pid, pools, places, version, key)
values (%(name)s, %(host)s, %(pid)s, %(pools)s, %(places)s, %(version)s, %(key)s)
on conflict (name) do update set seen = now(), draining = %(draining)s
"""
_CLAIMS = "select id, claim, stop from jobs where worker = %s and state = 'running'"
_GONE = "select run from unnest(%s::text[]) as run where not exists (select from runs where runs.run = run.run)"


@dataclass(frozen=True, slots=True)
class Beat:
    """Answer of the database to a renewal.

    Attributes:
        claims: what the worker does, by job: the claim, and how far it is to be stopped.
        begun: when the worker asked, by `boot_seconds`.
        gone: runs that have ended.
    """

    claims: dict[str, tuple[int, int]]
    begun: float
    gone: list[str]


@dataclass(slots=True)
class Identity:
    """A worker, as others see it."""

    name: str
    pools: list[str]
    places: int
    key: str
    draining: bool = False


class Lease(threading.Thread):
    """Renews the lease of a worker until `end`.

    Args:
        runs: returns the runs of which the worker holds files.
        on_beat: called in this thread after each renewal.
        on_trouble: called in this thread with the reason when the lease cannot be renewed in time, and with None when
            it is renewed again.
    """

    def __init__(
        self,
        conninfo: str,
        identity: Identity,
        runs: Callable[[], list[str]],
        on_beat: Callable[[Beat], None],
        on_trouble: Callable[[str | None], None],
    ) -> None:
        super().__init__(name="lease", daemon=True)
        self._conninfo = conninfo
        self._identity = identity
        self._runs = runs
        self._on_beat = on_beat
        self._on_trouble = on_trouble
        self._in_trouble = False
        self._ending = threading.Event()
        self._until = 0.0

    @property
    def holds(self) -> bool:
        """True while no other worker may take this worker's jobs."""
        return boot_seconds() < self._until

    def end(self) -> None:
        """Stop renewing."""
        self._ending.set()

    def run(self) -> None:
        """Renew the lease every second; connect again after errors."""
        while not self._ending.is_set():
            try:
                with psycopg.connect(self._conninfo, autocommit=True, row_factory=dict_row) as connection:
                    while not self._ending.is_set():
                        self._beat(connection)
                        self._ending.wait(BEAT_SECONDS)
                    connection.execute("delete from workers where name = %s", [self._identity.name])
            except psycopg.Error as error:
                if not self.holds and not self._in_trouble:
                    self._in_trouble = True
                    self._on_trouble(sentence_of(error))
                self._ending.wait(BEAT_SECONDS / 4)

    def _beat(self, connection: psycopg.Connection[dict[str, Any]]) -> None:
        me, begun = self._identity, boot_seconds()
        values = {
            "name": me.name,
            "host": os.uname().nodename,
            "pid": os.getpid(),
            "pools": me.pools,
            "places": me.places,
            "version": __version__,
            "key": me.key,
            "draining": me.draining,
        }
        connection.execute(_BEAT, values)
        self._until = begun + HOLD_SECONDS
        claims = {row["id"]: (row["claim"], row["stop"]) for row in connection.execute(_CLAIMS, [me.name])}
        gone = [row["run"] for row in connection.execute(_GONE, [self._runs()])]
        if self._in_trouble:
            self._in_trouble = False
            self._on_trouble(None)
        self._on_beat(Beat(claims, begun, gone))


def boot_seconds() -> float:
    """Return the seconds since the machine was started, with its sleep if known."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)
