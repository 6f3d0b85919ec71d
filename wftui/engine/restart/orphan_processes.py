"""Processes of steps that are still running although the process that ran their run has died."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wftui.engine.restart.resume import read_history
from wftui.store.sqlite.store_errors import StoreConflict

if TYPE_CHECKING:
    import psutil

    from wftui.engine.run.state.carried_results import CarriedResults
    from wftui.steps.process.process_mark import TreeMark
    from wftui.store.execution_store import ExecutionStore

Report = Callable[[str], Awaitable[None]]
_SHOWN = 20


async def end_orphans(run: str, carried: "CarriedResults", tell: Report) -> None:
    """End what earlier attempts of a run have left running on this machine, before anything of it runs again.

    What a step left behind when it ended goes on, as it does in a run that is not interrupted. Takes a few seconds at
    most, and as good as no time where nothing is left.

    Args:
        carried: which steps had ended when the process died.
        tell: is told of what was found, in sentences for the run's log.
    """
    from wftui.steps.process.child_process import GRACE_SECONDS
    from wftui.steps.process.process_tree import end_all

    def processes() -> "list[psutil.Process]":
        return [process for _, members in _find(run, carried) for process in members]

    found = await asyncio.to_thread(_find, run, carried)
    if not found:
        return
    if any(process.pid == os.getpid() for _, members in found for process in members):
        await tell("this program was itself started by the attempt that was interrupted, which is therefore left alone")
        return
    said = _sentences(found)
    stubborn = await end_all(processes, grace=GRACE_SECONDS)
    for sentence in said:
        await tell(f"{sentence}; it has been ended")
    if stubborn:
        await tell(f"still running, as they could not be ended: {_names(stubborn)}")


async def end_all_orphans(store: "ExecutionStore", run_id: str, tell: Report) -> None:
    """The same for a run, if it is still interrupted, and for all such runs that its open steps had started.

    Meanwhile it is this process's, so that nobody goes on with it and has its steps ended by mistake.
    """
    try:
        await store.claim(run_id)
    except StoreConflict:
        return  # it goes on elsewhere, or is over
    history = await read_history(store, run_id)
    if history.last is None or history.last.type != "interrupted":
        return  # it goes on here
    try:
        await end_orphans(run_id, history.carried, tell)
    finally:
        await store.release(run_id)
    for child_id in history.carried.children():
        await end_all_orphans(store, child_id, tell)


async def describe_orphans(store: "ExecutionStore", run_id: str) -> list[str]:
    """What an interrupted run has left running on this machine, in sentences."""
    history = await read_history(store, run_id)
    return _sentences(await asyncio.to_thread(_find, run_id, history.carried))


def _find(run: str, carried: "CarriedResults") -> "list[tuple[TreeMark, list[psutil.Process]]]":
    # 20 ms that only interrupted runs need spend.
    from wftui.steps.process.process_tree import left_of

    return left_of(run, lambda mark: carried.has_ended(mark.path, mark.attempt))


def _sentences(found: "list[tuple[TreeMark, list[psutil.Process]]]") -> list[str]:
    return [
        f"{f'an earlier attempt of {mark.path}' if mark.path else 'an earlier process'} left running: {_names(members)}"
        for mark, members in found
        if members
    ]


def _names(processes: "list[psutil.Process]") -> str:
    """Their numbers and programs, without arguments, which may hold what is nobody's business."""
    shown = [_name(process) for process in processes[:_SHOWN]]
    more = len(processes) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _name(process: "psutil.Process") -> str:
    import psutil

    try:
        return f"{process.name()} (pid {process.pid})"
    except psutil.Error:  # it has just ended
        return f"pid {process.pid}"
