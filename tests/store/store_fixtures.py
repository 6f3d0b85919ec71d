"""A store on a file of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from wftui.store.execution_store import ExecutionStore


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
async def store(database: Path) -> AsyncIterator[ExecutionStore]:
    opened = await ExecutionStore.open(database)
    yield opened
    await opened.close()
