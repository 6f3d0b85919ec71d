"""Orphan processes: processes of steps that outlived the process of their run."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wftui.engine.restart.resume import read_history
from wftui.store.sqlite.store_errors import StoreConflict

if TYPE_CHECKING:
    import psutil

    from wftui.engine.run.state.carried_results import CarriedResults
    from wftui.steps.process.process_mark import ProcessMark
    from wftui.store.execution_store import ExecutionStore

Report = Callable[[str], Awaitable[None]]


async def end_orphans(run: str, carried: "CarriedResults", tell: Report) -> None:
    """End the orphan processes of a run on this machine before it runs again.

    Their output files are removed as well.

    Processes that a step left behind at its regular end keep running, as in a run without interruption. It takes a few
    seconds at most, and almost no time without orphan processes.

    Args:
        carried: the steps that had ended when the process died.
        tell: called with sentences about the processes, for the run's log.
    """
    from wftui.steps.process.scratch import remove_leftovers

    def processes() -> "list[psutil.Process]":
        return [process for _, members in _find(run, carried) for process in members]

    found = await asyncio.to_thread(_find, run, carried)
    try:
        await _end_found(found, processes, tell)
    finally:
        await asyncio.to_thread(remove_leftovers)


async def _end_found(
    found: "list[tuple[ProcessMark, list[psutil.Process]]]",
    processes: "Callable[[], list[psutil.Process]]",
    tell: Report,
) -> None:
    from wftui.steps.process.child_process import GRACE_SECONDS
    from wftui.steps.process.process_tree import end_all, process_names

    if not found:
        return
    if any(process.pid == os.getpid() for _, members in found for process in members):
        await tell("this program was started by the interrupted attempt, whose processes are therefore left running")
        return
    sentences = _sentences(found)
    stubborn = await end_all(processes, grace=GRACE_SECONDS)
    for sentence in sentences:
        await tell(f"{sentence}; ended")
    if stubborn:
        await tell(f"could not be ended and are still running: {process_names(stubborn)}")


async def end_all_orphans(store: "ExecutionStore", run_id: str, tell: Report) -> None:
    """End the orphan processes of an interrupted run and of its child runs.

    This process owns the run meanwhile, so that no other process resumes it and has its new processes ended.
    """
    try:
        await store.claim(run_id)
    except StoreConflict:
        return  # another process has resumed it, or it has ended
    history = await read_history(store, run_id)
    if history.last is None or history.last.type != "interrupted":
        return  # this process has resumed it
    try:
        await end_orphans(run_id, history.carried, tell)
    finally:
        await store.release(run_id)
    for child_id in history.carried.children():
        await end_all_orphans(store, child_id, tell)


async def describe_orphans(store: "ExecutionStore", run_id: str) -> list[str]:
    """Describe the orphan processes of an interrupted run on this machine."""
    history = await read_history(store, run_id)
    return _sentences(await asyncio.to_thread(_find, run_id, history.carried))


async def find_orphans(open_store: "Callable[[], Awaitable[ExecutionStore]]") -> dict[str, list[str]]:
    """Describe the orphan processes of all interrupted runs on this machine, by run.

    Args:
        open_store: called only if processes of runs live.
    """
    from wftui.steps.process.process_tree import marked_runs

    found: dict[str, list[str]] = {}
    for run_id in sorted(await asyncio.to_thread(marked_runs)):
        store = await open_store()
        run = await store.summary(run_id)
        if run is not None and run.status == "interrupted" and (sentences := await describe_orphans(store, run_id)):
            found[run_id] = sentences
    return found


def _find(run: str, carried: "CarriedResults") -> "list[tuple[ProcessMark, list[psutil.Process]]]":
    # The import takes 20 ms, which only interrupted runs need.
    from wftui.steps.process.process_tree import left_of

    return left_of(run, lambda mark: carried.has_ended(mark.path, mark.attempt))


def _sentences(found: "list[tuple[ProcessMark, list[psutil.Process]]]") -> list[str]:
    from wftui.steps.process.process_tree import process_names

    return [f"{_starter(mark)} left running: {process_names(members)}" for mark, members in found if members]


def _starter(mark: "ProcessMark") -> str:
    return f"an earlier attempt of {mark.path}" if mark.path else "an earlier process"
