"""Writers that wait for a cleanup."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from store.store_helpers import created
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.waiting_writers import WaitingWriters, waiting


def test_without_a_cleanup_nothing_is_signalled(tmp_path: Path) -> None:
    with waiting(tmp_path / "runs.db") as beside_cleanup:
        assert not beside_cleanup
    assert list(tmp_path.iterdir()) == []


def test_a_cleanup_knows_who_waits(tmp_path: Path) -> None:
    database = tmp_path / "runs.db"
    with WaitingWriters(database) as writers:
        assert not writers.is_waited_for
        with waiting(database) as first, waiting(database) as second:
            assert (first, second, writers.is_waited_for) == (True, True, True)
            writers.let_pass()  # not forever
        assert not writers.is_waited_for
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_cleanup_left_is_used_and_removed(tmp_path: Path) -> None:
    database = tmp_path / "runs.db"
    (tmp_path / "runs.db-turn").touch(0o600)
    with waiting(database) as beside_cleanup:
        assert beside_cleanup
        with WaitingWriters(database) as writers:
            assert writers.is_waited_for
    assert list(tmp_path.iterdir()) == []


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "runs.db-turn").symlink_to(tmp_path / "else")
    with waiting(tmp_path / "runs.db") as beside_cleanup, WaitingWriters(tmp_path / "runs.db") as writers:
        assert not beside_cleanup
        assert not writers.is_waited_for
    assert not (tmp_path / "else").exists()


async def test_writes_begin_beside_a_cleanup(tmp_path: Path) -> None:
    """The lock is held when the write begins, as by a step of a cleanup."""
    database = tmp_path / "runs.db"
    store = await ExecutionStore.open(database)
    with closing(sqlite3.connect(database, check_same_thread=False)) as other, WaitingWriters(database) as writers:
        other.execute("BEGIN IMMEDIATE")

        def let_go() -> None:
            while not writers.is_waited_for:
                pass
            other.rollback()

        thread = threading.Thread(target=let_go)
        thread.start()
        await store.append([created("u")], wait=True)
        thread.join()
        assert not writers.is_waited_for
    await store.close()
