"""Processes left by a killed attempt: ended before a resume, and reported."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from store.store_helpers import RUN, completed, created, interrupted, resumed, started

from wftui.engine.restart.orphan_processes import end_all_orphans, end_orphans, find_orphans
from wftui.engine.run.state.carried_results import CarriedResults
from wftui.model.run.events import ExecutionEvent, StepStarted, StepWaiting
from wftui.model.run.steps import Waiting
from wftui.steps.process import process_tree, scratch
from wftui.steps.process.process_mark import ProcessMark
from wftui.store.execution_store import ExecutionStore

pytest_plugins = "store.store_fixtures"
Found = dict[str, list[tuple[ProcessMark, list[psutil.Process]]]]


class Left:
    """A process tree with given contents, which ends nothing."""

    def __init__(self) -> None:
        self.found: Found = {}
        self.ended: list[int] = []
        self.stubborn: list[psutil.Process] = []
        self.tidied = 0
        self.told: list[str] = []

    async def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    def of(self, run: str, _has_ended: Any) -> list[tuple[ProcessMark, list[psutil.Process]]]:
        return self.found.get(run, [])

    async def end(self, processes: Any, grace: float) -> list[psutil.Process]:
        assert grace > 0
        self.ended += [process.pid for process in processes()]
        return self.stubborn

    def tidy(self) -> None:
        self.tidied += 1


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Left:
    left = Left()
    monkeypatch.setattr(process_tree, "left_of", left.of)
    monkeypatch.setattr(process_tree, "end_all", left.end)
    monkeypatch.setattr(process_tree, "marked_runs", lambda: set(left.found))
    monkeypatch.setattr(scratch, "remove_leftovers", left.tidy)
    return left


PARENT = psutil.Process(os.getppid())
NAME = process_tree.process_names([PARENT])


async def test_without_processes_only_leftovers_are_removed(left: Left) -> None:
    await end_orphans(RUN, CarriedResults(), left.tell)
    assert (left.told, left.ended, left.tidied) == ([], [], 1)


async def test_processes_are_ended_and_named(left: Left) -> None:
    left.found[RUN] = [(ProcessMark(RUN, "a", 1), [PARENT]), (ProcessMark(RUN), [PARENT]), (ProcessMark(RUN, "b"), [])]
    await end_orphans(RUN, CarriedResults(), left.tell)
    assert left.ended == [PARENT.pid, PARENT.pid]
    assert left.told == [
        f"an earlier attempt of a left running: {NAME}; ended",
        f"an earlier process left running: {NAME}; ended",
    ]
    assert left.tidied == 1


async def test_processes_that_stay_are_named(left: Left) -> None:
    left.found[RUN] = [(ProcessMark(RUN, "a", 1), [PARENT])]
    left.stubborn = [PARENT]
    await end_orphans(RUN, CarriedResults(), left.tell)
    assert left.told[1:] == [f"could not be ended and are still running: {NAME}"]


async def test_a_program_that_the_attempt_started_does_not_end_itself(left: Left) -> None:
    left.found[RUN] = [(ProcessMark(RUN, "a", 1), [PARENT, psutil.Process()])]
    await end_orphans(RUN, CarriedResults(), left.tell)
    assert left.ended == []
    assert left.told == [
        "this program was started by the interrupted attempt, whose processes are therefore left running"
    ]


CHILD = "01k9x2m4r-8je4g"


def waits_for_a_child() -> list[ExecutionEvent]:
    of: dict[str, Any] = {"run_id": RUN, "timestamp": started().timestamp, "step_id": "a", "path": "a"}
    return [
        StepStarted(step_name="a", step_type="workflow", **of),
        StepWaiting(waiting=Waiting(reason="child", child_id=CHILD), **of),
    ]


@pytest.fixture
async def family(store: ExecutionStore) -> AsyncIterator[ExecutionStore]:
    """An interrupted run that waited for an interrupted one."""
    await store.append([created(), started(), *waits_for_a_child(), interrupted()], wait=True)
    await store.append([created(CHILD), started(CHILD), interrupted(CHILD)], wait=True)
    for run in (RUN, CHILD):
        await store.release(run)
    yield store


async def test_those_of_child_runs_are_ended_too(family: ExecutionStore, database: Path, left: Left) -> None:
    left.found = {run: [(ProcessMark(run, "a", 1), [PARENT])] for run in (RUN, CHILD)}
    await end_all_orphans(family, RUN, left.tell)
    assert left.ended == [PARENT.pid, PARENT.pid]
    other = await ExecutionStore.open(database)
    await other.claim(RUN)  # nobody owns them afterwards
    await other.claim(CHILD)
    await other.close()


@pytest.mark.parametrize("end", [resumed, completed])
async def test_those_of_a_run_in_progress_are_left(store: ExecutionStore, left: Left, end: Any) -> None:
    await store.append([created(), started(), interrupted(), end()], wait=True)
    left.found[RUN] = [(ProcessMark(RUN, "a", 1), [PARENT])]
    await end_all_orphans(store, RUN, left.tell)
    assert (left.ended, left.told, left.tidied) == ([], [], 0)


async def test_all_interrupted_runs_with_processes_are_described(family: ExecutionStore, left: Left) -> None:
    async def opened() -> ExecutionStore:
        return family

    await family.append([created("going"), started("going")], wait=True)
    marks = {run: [(ProcessMark(run, "a", 1), [PARENT])] for run in (RUN, "going", "unknown")}
    left.found = {**marks, CHILD: [(ProcessMark(CHILD, "a", 1), [])]}
    assert await find_orphans(opened) == {RUN: [f"an earlier attempt of a left running: {NAME}"]}
    assert left.ended == []
