"""Notes on runs in lists: waits, processes, and whether those react."""

from collections.abc import Callable
from datetime import datetime
from time import monotonic

from wftui.model.run.summary import ExecutionSummary, RunOwner
from wftui.model.workflow.durations import format_duration

_SILENT_SECONDS = 30
"""Three heartbeats; a process that is only busy skips fewer."""

_MOST_HEARD = 1_000
"""Heartbeats that are known; a number of a process is used again, so that two may have the same."""


class OwnerWatch:
    """Watches whether the processes of runs react.

    Silence is measured in time that this process was awake, from the first look at a heartbeat: after a machine wakes
    up, or its clock is set forward, all heartbeats look old.
    """

    def __init__(self, awake: Callable[[], float] = monotonic) -> None:
        self._awake = awake
        self._heard: dict[tuple[str, int, datetime], float] = {}
        """Time of the first look at each heartbeat; the one looked at last is the last."""

    def silence(self, owner: RunOwner) -> str:
        """Return why a process may not react: `stopped`, `silent for 2m05s`, or ""."""
        if owner.stopped:
            return "stopped"
        if owner.heartbeat_at is None:
            return ""
        key, now = (owner.host, owner.pid, owner.heartbeat_at), self._awake()
        since = self._heard[key] = self._heard.pop(key, now)
        if len(self._heard) > _MOST_HEARD:
            del self._heard[next(iter(self._heard))]
        seconds = int(now - since)
        return f"silent for {format_duration(seconds)}" if seconds >= _SILENT_SECONDS else ""

    def unresponsive(self, owner: RunOwner | None) -> str:
        """Return a clause about a process that does not react, or ""."""
        how = "" if owner is None else self.silence(owner)
        if owner is None or not how:
            return ""
        if owner.stopped:
            return f"process {owner.pid} on {owner.host} is stopped; kill -CONT {owner.pid} continues it"
        return f"process {owner.pid} on {owner.host} has been {how}"


def shown_status(run: ExecutionSummary) -> str:
    """Return the status of a run as lists show it: `waiting` if it needs an answer."""
    return "waiting" if run.waiting or run.waiting_pools else run.status


def waiting_note(run: ExecutionSummary, silence: str = "", *, is_here: bool = False) -> str:
    """Return the wait of a run in progress, and its owner.

    Args:
        silence: why its process may not react.
        is_here: this process runs it.
    """
    owner = run.owner
    parts = [f"process {silence}"] if silence else []
    if run.waiting:
        parts.append("waiting for you")
    if run.waiting_pools:
        parts.append(f"no worker in pool {', '.join(run.waiting_pools)}")
    elif owner is not None:
        place = ", this process" if is_here else f" on {owner.host}, process {owner.pid}"
        parts.append(f"{run.user_id}{place}")
    return ", ".join(parts)
