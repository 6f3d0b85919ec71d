"""Rows around damaged pages: those of all good pages are read."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from wftui.store.recovery.readable_rows import ReadableRows

_PAGE = 4096
_TABLE_LEAF = 0x0D


def _damage_every_other_leaf(path: Path) -> tuple[set[int], int]:
    """Return the rowids on the pages that stay good, and the number of bad pages."""
    content = bytearray(path.read_bytes())
    leaves = [at for at in range(_PAGE, len(content), _PAGE) if content[at] == _TABLE_LEAF]
    good: set[int] = set()
    for each in leaves[::2]:
        good.update(int(number) for number in re.findall(rb"row (\d+)", content[each : each + _PAGE]))
    bad = leaves[1::2]
    for each in bad:
        content[each : each + _PAGE] = b"\xff" * _PAGE
    path.write_bytes(content)
    return good, len(bad)


def test_good_pages_between_many_bad_ones_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size = {_PAGE}")
        connection.execute("CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT)")
        rows = ((number, f"row {number} " + "." * 90) for number in range(1, 2501))
        connection.executemany("INSERT INTO texts VALUES (?, ?)", rows)
        connection.commit()
        connection.execute("VACUUM")  # no page keeps a row that has moved to another one
    good, bad = _damage_every_other_leaf(path)
    assert bad > 30
    with closing(sqlite3.connect(path)) as connection:
        readable = ReadableRows(connection, "texts", ["text"])
        assert {row[0] for row in readable} == good
    lost = {number for first, last in readable.gaps for number in range(first, min(last, 2500) + 1)}
    assert lost == set(range(1, 2501)) - good


def test_unreadable_row_with_the_last_number_ends_the_table(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "rows.db")) as connection:
        connection.execute("CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT)")
        connection.executemany("INSERT INTO texts VALUES (?, ?)", [(2**63 - 2, "good"), (2**63 - 1, b"\xff")])
        connection.execute("UPDATE texts SET text = CAST(text AS TEXT)")
        readable = ReadableRows(connection, "texts", ["text"])
        assert [row[1] for row in readable] == ["good"]
        assert readable.gaps == [(2**63 - 1, 2**63 - 1)]
