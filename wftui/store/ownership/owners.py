"""Owner marks: tell live from dead processes despite clock changes and sleep."""

import os
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from wftui.model.clock import Clock, elapsed_seconds
from wftui.model.data_class import dataclass

_FIRST_SPACE = "pid:[4026531836]"  # of the host; Linux numbers those of containers as they are created
_HAS_PROC = Path("/proc/self/stat").exists()
_SAME_START = 0.5
"""Seconds by which two readings of the start of a process may differ."""
FOREIGN_SILENCE_SECONDS = 120.0
"""Without a heartbeat for longer, a process of another container or host counts as dead."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Unambiguous mark of a process.

    Attributes:
        started: its start time, in seconds since boot where the system provides that, so that changes of the wall clock
            do not matter.
        boot_id: of the machine's current boot; a pid means nothing after a restart.
        host: host name, in a container with its pid namespace.
        heartbeat_at: its last heartbeat, by its own clock.
    """

    pid: int
    started: float
    boot_id: str
    host: str
    heartbeat_at: datetime


def current_owner(clock: Clock) -> Owner:
    """Return the mark of this process."""
    pid = os.getpid()
    return Owner(pid, _started(pid) or 0.0, _boot_id(), _host(), clock())


def is_alive(owner: Owner, now: datetime) -> bool:
    """Return whether the process with this mark is running."""
    if owner.host != _host():
        return (now - owner.heartbeat_at).total_seconds() < FOREIGN_SILENCE_SECONDS
    if owner.boot_id != _boot_id():
        return False
    started = _started(owner.pid)
    return started is not None and abs(started - owner.started) < _SAME_START


class LivenessProbe:
    """Liveness probe for other processes, for the lifetime of this one.

    The silence of a process whose heartbeat was seen before is measured in time that this process was awake: after a
    machine wakes up, or its clock is set forward, all heartbeats look old.
    """

    def __init__(self, clock: Clock, awake: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._awake = awake
        self._heard: dict[tuple[int, float, str, str], tuple[datetime, float]] = {}

    def is_alive(self, owner: Owner) -> bool:
        """Return whether the process with this mark is running."""
        if owner.host == _host():
            return is_alive(owner, self._clock())
        key = (owner.pid, owner.started, owner.boot_id, owner.host)
        heartbeat, since = self._heard.get(key, (None, 0.0))
        if heartbeat == owner.heartbeat_at:
            return self._awake() - since < FOREIGN_SILENCE_SECONDS
        if heartbeat is None and not is_alive(owner, self._clock()):
            return False
        self._heard[key] = (owner.heartbeat_at, self._awake())
        return True


def seconds_since_start(owner: Owner) -> float | None:
    """Return how long another process of this boot has existed, if it is one.

    No change of the time of day matters.
    """
    if not _HAS_PROC or owner.pid == os.getpid() or owner.host != _host() or owner.boot_id != _boot_id():
        return None
    return max(0.0, elapsed_seconds() - owner.started)


def is_stopped(owner: Owner) -> bool:
    """Return whether a visible process of this machine is stopped by a signal."""
    if owner.host != _host() or owner.boot_id != _boot_id():
        return False
    try:
        found = _process(owner.pid)
    except PermissionError:  # /proc hides those of other users (`hidepid`)
        return False
    return found is not None and found.is_stopped and abs(found.started - owner.started) < _SAME_START


def beat(owner: Owner, now: datetime) -> Owner:
    """Return the mark with a newer heartbeat."""
    return replace(owner, heartbeat_at=now)


class _Process(NamedTuple):
    """A process of this machine that has not ended."""

    started: float
    is_stopped: bool


def _started(pid: int) -> float | None:
    """Return the start time of a process; None for a zombie or without one."""
    found = _process(pid)
    return None if found is None else found.started


def _process(pid: int) -> _Process | None:
    """Return a process; None for a zombie or without one."""
    if not _HAS_PROC:
        import psutil  # takes 16 ms, which a start on Linux saves

        try:
            process = psutil.Process(pid)
            status = process.status()
            is_stopped = status == psutil.STATUS_STOPPED
            return None if status == psutil.STATUS_ZOMBIE else _Process(process.create_time(), is_stopped)
        except psutil.NoSuchProcess:
            return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name is in parentheses and may hold anything. After it: the state and, as field 22, the start in clock ticks.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else _Process(int(fields[19]) / os.sysconf("SC_CLK_TCK"), fields[0] == "T")


@cache
def _host() -> str:
    """Return the name of the pid namespace of this process.

    A container may share the name of its host and still have its own pids.
    """
    try:
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115  (`pid:[4026531836]` is not a path)
    except OSError:
        return socket.gethostname()
    return socket.gethostname() if space == _FIRST_SPACE else f"{socket.gethostname()} {space}"


@cache
def _boot_id() -> str:
    source = Path("/proc/sys/kernel/random/boot_id")
    if source.exists():
        return source.read_text().strip()
    return ""  # the start time alone has to do
