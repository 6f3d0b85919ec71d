"""Identity of a database file: one of wftui, of another program, or damaged."""

import mmap
import sqlite3
from pathlib import Path

from wftui.store.sqlite.schema import APPLICATION_ID, VERSION
from wftui.store.sqlite.store_errors import DamagedError, StoreError
from wftui.workspace.private import make_private_file

TABLES = ("executions", "events", "payloads", "payload_parts", "payload_refs", "plans", "owners", "signals")
"""Tables that all versions have."""
HEADER = b"SQLite format 3\x00"
"""The first bytes of a database file."""
_SEARCHED_BYTES = 64 * 1024 * 1024
_PROVEN_TABLES = 2
_MOST_VERSIONS = 1_000  # a greater number is damage


def look_at(path: Path) -> bool:
    """Return whether there is a database to open, and create an empty file otherwise.

    Raises:
        StoreError: `store.not_a_database`.
        DamagedError: its first page is damaged.
    """
    if path.is_dir():
        raise StoreError(f"{path} is a folder; name a file for the database", code="store.not_a_database")
    if path.exists() and not path.is_file():  # to open a pipe would wait for its other end
        raise StoreError(f"{path} is not a file; name one for the database", code="store.not_a_database")
    if not path.exists():
        make_private_file(path)  # SQLite gives its log the mode of the database
        return False
    with path.open("rb") as file:
        header = file.read(len(HEADER))
    if header and header != HEADER:
        if holds_our_tables(path):
            raise first_page_error(path)
        raise StoreError(
            f"{path} is not a database; name another file with --db (this one was left unchanged)",
            code="store.not_a_database",
        )
    return bool(header)


def first_page_error(path: Path) -> DamagedError:
    """Return the error for a database of wftui whose first page is damaged."""
    return DamagedError(f"the database {path} is damaged: its first page")


def holds_our_tables(path: Path) -> bool:
    """Return whether a file names tables of wftui in any page."""
    with path.open("rb") as file:
        if not file.read(1):
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            found = (content.find(f"table{name}{name}".encode(), 0, _SEARCHED_BYTES) for name in TABLES)
            return sum(each >= 0 for each in found) >= _PROVEN_TABLES


def check_identity(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the database (0: new) after checking that wftui wrote it.

    Raises:
        StoreError: `store.foreign`, `store.newer`.
        DamagedError: its first page is damaged.
    """
    connection.execute("BEGIN")  # one view for the three queries: another process may create the tables between them
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    filled = connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None
    connection.execute("COMMIT")
    damaged = application != APPLICATION_ID or version > _MOST_VERSIONS
    if filled and damaged and holds_our_tables(path):
        raise first_page_error(path)
    if filled and application != APPLICATION_ID:
        raise StoreError(
            f"{path} is a database of another program; name another file with --db (this one was left unchanged)",
            code="store.foreign",
        )
    if version > VERSION:
        raise StoreError(
            f"the database {path} was written by a newer wftui (version {version} of the tables; this program "
            f"supports {VERSION}); update wftui or name another file with --db",
            code="store.newer",
        )
    return version
