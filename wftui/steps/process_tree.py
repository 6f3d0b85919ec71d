"""Finding and ending everything a process has started, also what left its session or lost its parent."""

import asyncio
import contextlib
import ctypes
import functools
import os
import signal
import sys
import time
from pathlib import Path

import psutil

MARK = "WFTUI_PROCESS_TREE"
"""Environment variable by which a process is known to belong to a tree, wherever it has gone."""

_PR_SET_CHILD_SUBREAPER = 36
_POLL_SECONDS = 0.02
_AFTER_KILL_SECONDS = 1.0

_left_running: set[int] = set()


@functools.cache
def adopt_orphans() -> None:
    """Let processes that lose their parent become children of this one, where they can be found (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def members(leader: int, mark: str) -> list[psutil.Process]:
    """The living processes of a tree: descendants of the leader, its session, and all that carry the mark."""
    roots = [leader, *(pid for pid in _own_children() if pid != leader and _belongs(pid, leader, mark))]
    found: dict[int, psutil.Process] = {}
    for pid in roots:
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            for process in (root, *root.children(recursive=True)):
                found[process.pid] = process
    return [process for process in found.values() if _alive(process)]


def _own_children() -> set[int]:
    """Children of this process, adopted ones among them.

    A search through all processes takes milliseconds; the kernel's own list, where it has one, microseconds.
    """
    if not Path(f"/proc/self/task/{os.getpid()}/children").exists():
        return {process.pid for process in psutil.Process().children()}
    pids: set[int] = set()
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has just ended
            pids.update(map(int, (thread / "children").read_text().split()))
    return pids


async def end_tree(leader: int, mark: str, *, grace: float, hurry: asyncio.Event) -> None:
    """Ask all processes of a tree to end (TERM), and after `grace` seconds, or `hurry`, kill what is left.

    A process that starts others while it is being ended does not get away: the tree is looked at until it is empty.
    """
    for kill_signal, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, _AFTER_KILL_SECONDS)):
        deadline = time.monotonic() + patience
        signalled: set[int] = set()
        living = await asyncio.to_thread(members, leader, mark)
        while living:
            fresh = [process for process in living if process.pid not in signalled]
            _send(kill_signal, leader, fresh)
            signalled.update(process.pid for process in fresh)
            if time.monotonic() >= deadline or (kill_signal is signal.SIGTERM and hurry.is_set()):
                break
            await asyncio.sleep(_POLL_SECONDS)
            living = await asyncio.to_thread(members, leader, mark)
        reap(signalled - {leader})
        if not living:
            return


def leave_running(processes: list[psutil.Process]) -> None:
    """Remember processes that outlive their step on purpose, to take their exit status when they end."""
    reap(_left_running)
    _left_running.update(process.pid for process in processes)


def reap(pids: set[int]) -> None:
    """Take the exit status of those that have ended and are our children by adoption; never of any other process."""
    for pid in list(pids):
        try:
            done, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            _left_running.discard(pid)
        else:
            if done:
                _left_running.discard(pid)


def reap_adopted(leader: int) -> None:
    """Take the exit status of what has died in the session of a leader that has ended, and become ours by adoption."""
    for pid in _own_children():
        with contextlib.suppress(OSError):  # it is somebody else's by now, or gone
            if pid != leader and os.getsid(pid) == leader:
                os.waitpid(pid, os.WNOHANG)


def _belongs(pid: int, leader: int, mark: str) -> bool:
    try:
        return os.getsid(pid) == leader or psutil.Process(pid).environ().get(MARK) == mark
    except (psutil.Error, OSError):
        return False


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _send(kill_signal: signal.Signals, leader: int, processes: list[psutil.Process]) -> None:
    if not processes:
        return
    if any(process.pid == leader for process in processes):
        # The whole group at once, so that a child just being forked is hit as well.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, kill_signal)
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(kill_signal)
