"""An executor over a real database, for plans written in a test."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from engine.engine_plans import PATIENT, Loaded, Open, Steps, Work
from wftui.engine.host.executor import WorkflowExecutor
from wftui.runtime.plan import WorkflowPlan
from wftui.store.execution_store import ExecutionStore


@pytest.fixture
async def open_executor(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens an executor with a separate connection to one shared database file."""
    async with AsyncExitStack() as stack:

        async def opened(plans: Mapping[str, WorkflowPlan] | None = None, **functions: Work) -> WorkflowExecutor:
            store = await ExecutionStore.open(tmp_path / "runs.db")
            load: Any = lambda workflow_id: Loaded((plans or {})[workflow_id])  # noqa: E731
            executor = WorkflowExecutor(store, Steps(**functions), load, settings=PATIENT)
            stack.push_async_callback(store.close)
            stack.push_async_callback(executor.close, cancel=True)
            return executor

        yield opened
