"""Rows found in pages equal those of SQLite, for generated tables, sizes and logs."""

import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from helpers import has_open
from hypothesis import given
from hypothesis import strategies as st

from wftui.store.recovery.found_rows import FoundRows
from wftui.store.recovery.pages import Pages

VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.binary(max_size=300),
    st.integers(0, 200_000).map(bytes),
)
ROWS = st.dictionaries(st.integers(-(2**63), 2**63 - 1), st.tuples(VALUES, VALUES, VALUES), max_size=30)
MANY_ROWS = 40_000


def found(pages: Pages) -> dict[int, list[object]]:
    return {rowid: values for _, rowid, values in pages.cells() if len(values) == 3}


@given(rows=ROWS, size=st.sampled_from([512, 1024, 4096, 65536]), log=st.booleans(), removed=st.randoms())
def test_found_rows_are_those_of_the_table(
    tmp_path_factory: pytest.TempPathFactory,
    rows: dict[int, tuple[object, object, object]],
    size: int,
    log: bool,
    removed: random.Random,
) -> None:
    path = tmp_path_factory.mktemp("pages") / "some.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {size}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE held (one, two, three)")
        connection.executemany(
            "INSERT INTO held (rowid, one, two, three) VALUES (?, ?, ?, ?)", [(key, *row) for key, row in rows.items()]
        )
        if not log:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        gone = [key for key in rows if removed.random() < 0.3]
        connection.executemany("DELETE FROM held WHERE rowid = ?", [(key,) for key in gone])
        expected = {row[0]: list(row[1:]) for row in connection.execute("SELECT rowid, one, two, three FROM held")}
        copy = path.with_name("copy.db")
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
    with closing(Pages(copy, size)) as pages:
        assert found(pages) == expected
        assert not pages.lack_rows()


def test_found_row_may_lack_the_columns_of_a_later_version(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    columns = ["key", *(f"c{number}" for number in range(16))]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute(f"CREATE TABLE executions (key INTEGER PRIMARY KEY, {', '.join(columns[1:])})")
        row = [7, *"abcd", *range(12)]
        connection.execute(f"INSERT INTO executions VALUES ({', '.join('?' * 17)})", row)
        connection.execute("ALTER TABLE executions ADD COLUMN label TEXT")
        connection.execute(f"INSERT INTO executions VALUES ({', '.join('?' * 18)})", [8, *row[1:], "new"])
        connection.commit()
    with closing(Pages(path, 4096)) as pages, closing(sqlite3.connect(":memory:")) as index:
        rows = FoundRows(pages, index)
        rows.find()
        assert [*rows.rows("executions", [*columns, "label"], ["key", "c0", "label"])] == [
            (7, 7, "a", None),
            (8, 8, "a", "new"),
        ]
        assert [*rows.rows("executions", columns, ["c3"])] == [(7, "d"), (8, "d")]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not list open files")
def test_closed_pages_hold_no_file(tmp_path: Path) -> None:
    files = [tmp_path / "some.db", tmp_path / "some.db-wal"]
    for each in files:
        each.write_bytes(bytes(8192))
    pages = Pages(files[0], 4096)
    assert all(has_open(os.getpid(), each) for each in files)
    pages.close()
    assert not any(has_open(os.getpid(), each) for each in files)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("size", [512, 4096])
def test_page_size_is_found_without_the_first_page(tmp_path: Path, size: int) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size = {size}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("CREATE TABLE held (one, two, three)")
        connection.executemany("INSERT INTO held VALUES (?, 'two', x'03')", [(number,) for number in range(MANY_ROWS)])
        connection.commit()
    with path.open("r+b") as file:
        file.write(bytes(size))
    with closing(Pages.open(path)) as pages:
        assert len(found(pages)) == MANY_ROWS
