"""Errors of the database, as sentences for the user."""

import errno
import shutil
import sqlite3
from pathlib import Path

from wftui.model.errors import ConflictError, UserError

_LEAST_BYTES = 64 * 1024  # the memory that SQLite shares between processes takes 32 KB of disk


class StoreError(UserError):
    """The database cannot be used as requested; the `store.*` codes say why."""

    code = "store"


class StoreConflict(ConflictError):  # noqa: N818  (named like its base)
    """The run has ended, was changed by another process, or belongs to one."""

    code = "store.conflict"


class RunExistsError(StoreConflict):
    """The id of a new run is taken."""


class DamagedError(StoreError):
    """SQLite cannot read the database file."""

    code = "store.damaged"


def explain(error: sqlite3.Error | OSError, path: Path) -> StoreError:
    """Return the `StoreError` for an error of SQLite or of the file system."""
    if isinstance(error, OSError):
        if error.errno == errno.ENOSPC:
            return StoreError(f"the disk is full: {path} cannot grow", code="store.full")
        return StoreError(f"cannot use the database {path}: {error.strerror or error}", code="store.unusable")
    match primary_code(error):
        case sqlite3.SQLITE_FULL:
            return StoreError(f"the disk is full: {path} cannot grow", code="store.full")
        case sqlite3.SQLITE_INTERRUPT:
            return StoreError(f"the work on the database {path} was stopped; start it again", code="store.stopped")
        case sqlite3.SQLITE_READONLY:
            return StoreError(
                f"the database {path} is read-only; nothing can be recorded in it", code="store.read_only"
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                f"another program has locked the database {path}; try again when it is done", code="store.locked"
            )
        case sqlite3.SQLITE_NOTADB:
            return StoreError(
                f"{path} is not a database; name another file with --db (this one was left unchanged)",
                code="store.not_a_database",
            )
        case sqlite3.SQLITE_CORRUPT:
            return DamagedError(
                f"the database {path} is damaged; at its next start wftui sets it aside and recovers what can be read"
            )
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StoreError(
                f"the database {path} cannot be opened; check its folder and its permissions", code="store.open"
            )
        case sqlite3.SQLITE_IOERR if _is_full(path):  # not even the files that SQLite keeps beside the database fit
            return StoreError(f"the disk is full: {path} cannot be opened", code="store.full")
        case _:
            return StoreError(f"the database {path} cannot be used: {error}", code="store.unusable")


def replaced_sentence(path: Path) -> str:
    """Return the sentence for a database whose file has lost its name."""
    return f"the database {path} was deleted, moved or replaced while it was in use"


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_BYTES
    except OSError:
        return False


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code of an error, or 0 without one."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else 0


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether another connection held the lock."""
    return primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
