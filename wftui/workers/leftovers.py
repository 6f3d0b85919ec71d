"""Processes that dead workers of this machine have left running."""

import asyncio
import os

import psutil

from wftui.steps.process.process_mark import own_processes, owner_of
from wftui.steps.process.process_tree import end_all, living, marked, process_names

_GRACE_SECONDS = 1.0
_SAME_START = 2.0
"""Seconds by which two readings of the start of a process may differ."""


def mark_processes() -> None:
    """Mark the processes of this worker as its own, not those of a run."""
    own_processes(f"{os.getpid()}-{psutil.Process().create_time():.0f}")


async def end_left_by_dead_workers() -> list[str]:
    """End what workers that have died left running; return sentences about it."""
    found = await asyncio.to_thread(_left)
    if not found:
        return []
    names = process_names(found)
    stubborn = await end_all(_left, grace=_GRACE_SECONDS)
    sentences = [f"ended what a dead worker left running: {names}"]
    if stubborn:
        sentences.append(f"could not be ended: {process_names(stubborn)}")
    return sentences


def _left() -> list[psutil.Process]:
    return living(marked(lambda mark: (owner := owner_of(mark)) is not None and not _lives(owner)))


def _lives(owner: str) -> bool:
    pid, _, begun = owner.partition("-")
    try:
        process = psutil.Process(int(pid))
        return living([process]) != [] and abs(process.create_time() - float(begun)) <= _SAME_START
    except (psutil.Error, ValueError):
        return False
