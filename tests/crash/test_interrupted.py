"""A run of a killed process: found at the next start, then resumed or abandoned."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from interrupted_child import executor_of

from wftui.engine.host.executor import WorkflowExecutor
from wftui.engine.host.start_options import StartOptions
from wftui.engine.restart.resume import ConfirmationNeeded
from wftui.model.clock import utc_now
from wftui.model.errors import ConflictError
from wftui.model.run.events import Created, ExecutionEvent, Interrupted, Started, StepStarted, StepWaiting
from wftui.store.execution_store import ExecutionStore
from wftui.store.ownership.owners import Owner


@pytest.fixture
async def left_behind(tmp_path: Path) -> AsyncIterator[tuple[ExecutionStore, WorkflowExecutor, str]]:
    """A run of a process killed while a step ran and another waited for an approval."""
    child = Path(__file__).with_name("interrupted_child.py")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, str(child), str(tmp_path / "runs.db")], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    seen: set[str] = set()
    while not {"step_waiting ask", "step_started pay"} <= seen:
        seen.add(process.stdout.readline().strip())
    store = await ExecutionStore.open(tmp_path / "runs.db")
    executor = executor_of(store)
    assert await store.recover() == []  # it lives
    with pytest.raises(ConflictError, match="another process runs it"):
        await executor.resume(run_id)
    process.kill()
    process.wait()
    process.stdout.close()
    assert await store.recover() == [run_id]
    yield store, executor, run_id
    await executor.close(cancel=True)
    await store.close()


async def test_it_is_interrupted_and_can_be_resumed_and_answered(
    left_behind: tuple[ExecutionStore, WorkflowExecutor, str],
) -> None:
    store, executor, run_id = left_behind
    record = await store.get(run_id)
    assert record is not None
    assert record.status == "interrupted"
    with pytest.raises(ConfirmationNeeded) as asked:
        await executor.resume(run_id)
    assert asked.value.paths == ["pay"]

    deadline = _deadline(await store.events(run_id))
    await executor.resume(run_id, options=StartOptions(confirmed=True))
    assert executor.running() == [run_id]
    async for batch in executor.get_event_stream(run_id, after=record.last_seq):
        if any(event.type == "step_waiting" for event in batch):
            break
    await executor.answer(run_id, "ask", approved=True, by="me")
    record = await executor.wait(run_id)
    assert record.status == "completed"
    assert record.outputs["ask"]["by"] == "me"
    assert record.outputs["pay"] == {"key": f"{run_id}/pay"}
    events = await store.events(run_id)
    assert [each.attempt for each in events if isinstance(each, StepStarted) and each.path == "pay"] == [1, 2]
    assert _deadline(events) == deadline
    with pytest.raises(ConflictError, match="already ended"):
        await executor.resume(run_id)


async def test_it_can_be_given_up(left_behind: tuple[ExecutionStore, WorkflowExecutor, str]) -> None:
    _, executor, run_id = left_behind
    await executor.cancel(run_id, by="me")
    record = await executor.wait(run_id)
    assert record.status == "cancelled"
    assert record.duration, "from its start to now"
    assert {each.path: (each.status, each.skip_reason) for each in record.step_results} == {
        "ask": ("cancelled", None),
        "pay": ("cancelled", None),
        "tidy": ("skipped", "cancelled"),
    }


async def test_failed_resume_leaves_the_run_resumable(tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "runs.db")
    executor = executor_of(store)
    born: dict[str, Any] = {"run_id": "run", "timestamp": utc_now()}
    created = Created(workflow_id="w", plan=await store.put_plan("{}", ""), **born)
    await store.append([created, Started(**born), Interrupted(**born)], wait=True)
    claim = store.claim

    async def claim_and_cut(run_id: str, owner: Owner | None = None) -> None:
        await claim(run_id, owner)
        resuming.cancel()

    store.claim = claim_and_cut  # type: ignore[method-assign]
    resuming = asyncio.create_task(executor.resume("run"))
    with pytest.raises(asyncio.CancelledError):
        await resuming
    assert executor.running() == ["run"], "nobody else could go on with it"
    await executor.close(cancel=True)
    await store.close()


def _deadline(events: list[ExecutionEvent]) -> datetime | None:
    return [event.waiting.until for event in events if isinstance(event, StepWaiting)][-1]
