"""Cancels that reach the runs a step waits for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from helpers import until

from engine.engine_plans import Steps, workflow
from wftui.connections.redaction import Redactor
from wftui.engine.connections.run_connections import RunConnections
from wftui.engine.host.child_runs import ChildRuns
from wftui.model.run.record import ExecutionRequest
from wftui.steps.api.child_call import ChildCall


class Starter:
    """Notes the cancels of a child that never ends."""

    def __init__(self) -> None:
        self.cancels: list[tuple[str, str]] = []
        self.waits = 0

    async def start(self, _request: ExecutionRequest, options: Any) -> str:
        await options.announce("child")
        await asyncio.Event().wait()
        return "child"

    async def wait(self, _run_id: str) -> None:
        self.waits += 1
        await asyncio.Event().wait()

    async def cancel(self, run_id: str, by: str) -> None:
        self.cancels.append((run_id, by))


def children_of(starter: Any) -> ChildRuns:
    unused: Any = None
    return ChildRuns(
        starter,
        unused,
        ExecutionRequest(workflow_id="w"),
        "parent",
        1,
        frozenset(),
        10,
        step_types=Steps(),
        connections=RunConnections(workflow(), {}, Redactor()),
        confirmed=False,
    )


async def nothing(_child_id: str) -> None:
    return None


ACTS: dict[str, Callable[[ChildRuns], Awaitable[object]]] = {
    "wait": lambda children: children.until_end("child"),
    "start": lambda children: children.start("w", {}, "a", ChildCall(), nothing),
}


@pytest.mark.parametrize("act", ACTS)
async def test_a_second_cancel_is_passed_on_and_ends_the_wait(act: str) -> None:
    starter = Starter()
    task = asyncio.ensure_future(ACTS[act](children_of(starter)))
    await asyncio.sleep(0)
    await until(lambda: act == "start" or starter.waits == 1)
    task.cancel()
    await until(lambda: starter.cancels and starter.waits == (2 if act == "wait" else 1))
    assert starter.cancels == [("child", "its parent")]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert starter.cancels == [("child", "its parent")] * 2


async def test_a_child_that_is_not_waited_for_is_not_cancelled() -> None:
    starter = Starter()
    task = asyncio.ensure_future(children_of(starter).start("w", {}, "a", ChildCall(wait=False), nothing))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert starter.cancels == []
