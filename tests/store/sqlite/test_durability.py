"""Durability of commits: the log's pages, or the disk too."""

import asyncio
from pathlib import Path

import pytest

from store.store_helpers import created, log, started
from wftui.model.user.user_settings import Durability
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.connection import WritingConnection
from wftui.store.sqlite.database import connect


@pytest.mark.parametrize(("durability", "synchronous"), [("normal", 1), ("full", 2)])
async def test_every_writing_connection_has_it(tmp_path: Path, durability: Durability, synchronous: int) -> None:
    store = await ExecutionStore.open(tmp_path / "history.db", durability=durability)
    opened = store._opened
    writer = WritingConnection(opened)
    assert await writer.run(lambda connection: connection.execute("PRAGMA synchronous").fetchone()) == (synchronous,)
    await writer.close()
    other = connect(opened)  # as cleanups and checkpoints open theirs
    assert other.execute("PRAGMA synchronous").fetchone() == (synchronous,)
    other.close()
    await store.close()


async def turns_during_a_commit(store: ExecutionStore) -> int:
    """The turns of the event loop while an event was committed."""
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(turn())
    await asyncio.sleep(0)
    before = turns
    await store.append([log("run")], wait=True)
    taken = turns - before
    other.cancel()
    return taken


@pytest.mark.parametrize("durability", ["normal", "full"])
async def test_the_event_loop_never_waits_for_the_disk(tmp_path: Path, durability: Durability) -> None:
    store = await ExecutionStore.open(tmp_path / "history.db", durability=durability)
    await store.append([created("run"), started("run")], wait=True)
    await store.append([log("run")], wait=True)
    assert (await turns_during_a_commit(store) > 0) == (durability == "full")
    assert len(await store.events("run")) == 4
    await store.close()


async def test_it_is_of_a_process_and_not_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    careful = await ExecutionStore.open(path, durability="full")
    quick = await ExecutionStore.open(path)
    await careful.append([created("a")], wait=True)
    await quick.append([created("b")], wait=True)
    assert [run.id for run in (await careful.list()).executions] == ["b", "a"]
    await careful.close()
    await quick.close()
    later = await ExecutionStore.open(path)
    assert later._opened.durability == "normal"
    await later.close()
