"""A run file of a run with a big value and a workflow."""

from pathlib import Path

import pytest

from store.store_helpers import RUN, completed, created, log, started, step_completed
from store.transfer.exported_runs import BIG, SOURCE
from wftui.model.run.events import ExecutionEvent
from wftui.store.execution_store import ExecutionStore
from wftui.store.transfer.transfer import export_run


@pytest.fixture
async def exported(tmp_path: Path) -> Path:
    """Export a run with a big value and a workflow."""
    store = await ExecutionStore.open(tmp_path / "first.db")
    plan = await store.put_plan(SOURCE, "code")
    first = created(plan=plan, inputs={"big": BIG}, start_key="k")
    events: list[ExecutionEvent] = [first, started(), log(message="grün \x1b[31mred\x1b[0m")]
    events += [step_completed(value=BIG), step_completed(step="b", value={"$value": 1}), completed()]
    await store.append(events, wait=True)
    path = tmp_path / "run.wfrun"
    await export_run(store, RUN, path)
    await store.close()
    return path
