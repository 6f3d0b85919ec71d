"""Who runs a run: the mark by which a live process is told from one that died, whatever clocks and sleeps do."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from time import monotonic

from wftui.model.clock import Clock

_FIRST_SPACE = "pid:[4026531836]"  # of a machine itself; Linux numbers those of containers as they come
_HAS_PROC = Path("/proc/self/stat").exists()
FOREIGN_SILENCE_SECONDS = 120.0
"""A process of another container, or host, cannot be looked at: silent for longer, it counts as dead."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, beyond doubt.

    Attributes:
        started: when it started, in seconds since the machine did where the system tells, so that setting the wall
            clock does not change it.
        boot_id: of the machine's current start; a pid means nothing after a restart.
        host: its name, and in a container the name of what its pids count in.
        heartbeat_at: its last sign of life, by its own clock.
    """

    pid: int
    started: float
    boot_id: str
    host: str
    heartbeat_at: datetime


def current_owner(clock: Clock) -> Owner:
    """The mark of this process."""
    pid = os.getpid()
    return Owner(pid, _started(pid) or 0.0, _boot_id(), _host(), clock())


def is_alive(owner: Owner, now: datetime) -> bool:
    """Whether the process behind the mark still runs."""
    if owner.host != _host():
        return (now - owner.heartbeat_at).total_seconds() < FOREIGN_SILENCE_SECONDS
    if owner.boot_id != _boot_id():
        return False
    started = _started(owner.pid)
    return started is not None and abs(started - owner.started) < 0.5


class LivenessProbe:
    """Tells whether processes live, for as long as this one does.

    One that was heard of before is silent only for as long as this process has been awake to hear it: when the machine
    wakes up, or its clock is set forward, all hearts seem to have stopped long ago.
    """

    def __init__(self, clock: Clock, awake: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._awake = awake
        self._heard: dict[tuple[int, float, str, str], tuple[datetime, float]] = {}

    def is_alive(self, owner: Owner) -> bool:
        """Whether the process behind the mark still runs."""
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


def beat(owner: Owner, now: datetime) -> Owner:
    """The same process, with a newer sign of life."""
    return replace(owner, heartbeat_at=now)


def _started(pid: int) -> float | None:
    """When a process started; None when it is gone, or a zombie."""
    if not _HAS_PROC:
        import psutil  # 16 ms that Linux need not spend at every start

        try:
            process = psutil.Process(pid)
            return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
        except psutil.NoSuchProcess:
            return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name stands in brackets and may hold anything. Then come the state and, as field 22, the start in clock ticks.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19]) / os.sysconf("SC_CLK_TCK")


@cache
def _host() -> str:
    """Where a pid of ours means something. A container may share the name of its host, and yet count its own pids."""
    try:
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115  (`pid:[4026531836]` is no path)
    except OSError:
        return socket.gethostname()
    return socket.gethostname() if space == _FIRST_SPACE else f"{socket.gethostname()} {space}"


@cache
def _boot_id() -> str:
    source = Path("/proc/sys/kernel/random/boot_id")
    if source.exists():
        return source.read_text().strip()
    return ""  # the start time alone must tell
