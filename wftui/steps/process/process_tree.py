"""Process trees: find and end all descendants, even in other sessions."""

import asyncio
import contextlib
import ctypes
import functools
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from wftui.steps.process.inherited_limit import has_inherited
from wftui.steps.process.process_mark import MARK, ProcessMark

_PR_SET_CHILD_SUBREAPER = 36
_POLL_SECONDS = 0.02
_AFTER_KILL_SECONDS = 1.0
_DYING_SECONDS = 60.0
"""A killed process lives until the machine gets to it, which takes longer where many others wait for their turn."""
_SHOWN = 20

_left_running: set[int] = set()


@functools.cache
def adopt_orphans() -> None:
    """Become the parent of orphaned descendants where the system allows it (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def members(leader: int, mark: str) -> list[psutil.Process]:
    """Return the living processes of a tree: descendants, session, mark."""
    roots: list[psutil.Process] = []
    for pid in (leader, *(pid for pid in _own_children() if pid != leader and _belongs(pid, leader, mark))):
        with contextlib.suppress(psutil.NoSuchProcess):
            roots.append(psutil.Process(pid))
    return living(_with_descendants(roots))


def _with_descendants(roots: list[psutil.Process]) -> list[psutil.Process]:
    """Return processes and their descendants, from one scan of all processes."""
    found = {process.pid: process for process in roots}
    if not found:
        return []
    children: dict[int, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # gone
            children.setdefault(process.ppid(), []).append(process)
    unseen = list(found)
    while unseen:
        for child in children.get(unseen.pop(), ()):
            if child.pid not in found:
                found[child.pid] = child
                unseen.append(child.pid)
    return list(found.values())


def _own_children() -> set[int]:
    """Return the children of this process, adopted ones included.

    A search through all processes takes milliseconds; the kernel's own list, where it has one, microseconds.
    """
    if not Path(f"/proc/self/task/{os.getpid()}/children").exists():
        return {process.pid for process in psutil.Process().children()}
    pids: set[int] = set()
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has just ended
            pids.update(map(int, (thread / "children").read_text().split()))
    return pids


def marked_runs() -> set[str]:
    """Return the runs that have living processes of this user on this machine."""
    found: set[str] = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # gone, or of another user
            mark = ProcessMark.of(process.environ().get(MARK, ""))
            if mark is not None and mark.run:
                found.add(mark.run)
    return found


def left_of(run: str, ended: Callable[[ProcessMark], bool]) -> list[tuple[ProcessMark, list[psutil.Process]]]:
    """Return living processes that a dead wftui process started for a run.

    Whatever carries a mark of the run, with what has come from it: its descendants and its session.

    Args:
        ended: whether what the tree was started for has ended; what it left behind is left alone.
    """
    carrying: dict[ProcessMark, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # gone, or of another user
            mark = ProcessMark.of(process.environ().get(MARK, ""))
            if mark is not None and mark.run == run and not ended(mark):
                carrying.setdefault(mark, []).append(process)
    return [(mark, living(_with_kin(processes))) for mark, processes in carrying.items()]


def marked(is_wanted: Callable[[str], bool]) -> list[psutil.Process]:
    """Return processes whose mark is wanted, with their descendants and sessions."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # gone, or of another user
            if is_wanted(process.environ().get(MARK, "")):
                found.append(process)
    return _with_kin(found) if found else []


def _with_kin(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return processes, their descendants, and sessions started by them."""
    found = {process.pid: process for process in _with_descendants(processes)}
    marked = {process.pid for process in processes}
    sessions: set[int] = set()
    for pid in marked:
        with contextlib.suppress(OSError):
            session = os.getsid(pid)
            if session in marked or not psutil.pid_exists(session):  # never that of the user's terminal
                sessions.add(session)
    for process in psutil.process_iter():
        with contextlib.suppress(OSError):
            if os.getsid(process.pid) in sessions:
                found[process.pid] = process
    return list(found.values())


async def end_tree(leader: int, mark: str, *, grace: float, hurry: asyncio.Event) -> bool:
    """Terminate a process tree; kill what is left after `grace` seconds or `hurry`.

    Returns whether the leader has ended.
    """
    living = await end_all(lambda: members(leader, mark), leader=leader, grace=grace, hurry=hurry)
    return leader not in [process.pid for process in living]


async def end_all(
    look: Callable[[], list[psutil.Process]],
    *,
    grace: float,
    leader: int | None = None,
    hurry: asyncio.Event | None = None,
) -> list[psutil.Process]:
    """Terminate processes, then kill them; return those that still live.

    A process that starts others while it is being ended does not get away: `look` is called until it finds none.

    Args:
        look: finds those that live; called in a thread.
        leader: of a process group among them, which is signalled as a whole.
    """
    living: list[psutil.Process] = []

    async def left() -> list[psutil.Process]:
        """After a signal, look again before believing that none is left.

        A process whose parent dies in the middle of a look is missing from it: it was not adopted when our children
        were read, and had no parent in the tree when that was scanned.
        """
        return await asyncio.to_thread(look) or await asyncio.to_thread(look)

    for kill_signal, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, _AFTER_KILL_SECONDS)):
        deadline = time.monotonic() + patience
        signalled: set[int] = set()
        living = await (asyncio.to_thread(look) if kill_signal is signal.SIGTERM else left())
        while living:
            fresh = [process for process in living if process.pid not in signalled]
            _send(kill_signal, leader, fresh)
            signalled.update(process.pid for process in fresh)
            hurried = hurry is not None and hurry.is_set()
            if kill_signal is signal.SIGTERM and hurried:
                break
            late = time.monotonic() - deadline
            if late >= 0 and (kill_signal is signal.SIGTERM or late >= _DYING_SECONDS or not any(map(_dies, living))):
                break
            await asyncio.sleep(_POLL_SECONDS)
            living = await left()
        reap(signalled - {leader})
        if not living:
            break
    return living


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return the processes that have not ended."""
    return [process for process in processes if _alive(process)]


def process_names(processes: list[psutil.Process]) -> str:
    """Return names and pids of processes; arguments may be confidential."""
    shown = [_name(process) for process in processes[:_SHOWN]]
    more = len(processes) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _name(process: psutil.Process) -> str:
    try:
        return f"{process.name()} (pid {process.pid})"
    except psutil.Error:  # it has just ended
        return f"pid {process.pid}"


def leave_running(processes: list[psutil.Process]) -> None:
    """Remember processes that outlive their step, to reap them later."""
    reap(_left_running)
    _left_running.update(process.pid for process in processes)


def reap(pids: set[int]) -> None:
    """Reap adopted children that have ended, never other processes."""
    for pid in list(pids):
        try:
            done, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            _left_running.discard(pid)
        else:
            if done:
                _left_running.discard(pid)


def reap_adopted(leader: int) -> None:
    """Reap adopted processes of a session whose leader has ended."""
    for pid in _own_children():
        with contextlib.suppress(OSError):  # another process has it by now, or it is gone
            if pid != leader and os.getsid(pid) == leader:
                os.waitpid(pid, os.WNOHANG)


def _belongs(pid: int, leader: int, mark: str) -> bool:
    try:
        if os.getsid(pid) == leader or has_inherited(pid, mark):
            return True
        return psutil.Process(pid).environ().get(MARK) == mark
    except (psutil.Error, OSError):
        return False


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _dies(killed: psutil.Process) -> bool:
    """Return whether a killed process is about to end: ours, not hung in the kernel."""
    try:
        killed.send_signal(signal.SIGKILL)
        return bool(killed.status() != psutil.STATUS_DISK_SLEEP)
    except psutil.Error:
        return False


def _send(kill_signal: signal.Signals, leader: int | None, processes: list[psutil.Process]) -> None:
    if leader is not None and any(process.pid == leader for process in processes):
        # The whole group at once, so that a child just being forked is hit as well.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, kill_signal)
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(kill_signal)
