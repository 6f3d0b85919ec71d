"""Errors of SQLite and of the file system, as sentences."""

import errno
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from wftui.store.sqlite.store_errors import DamagedError, explain, is_busy

FULL = "the disk is full: "
SENTENCES = {
    sqlite3.SQLITE_FULL: ("store.full", FULL + "{path} cannot grow"),
    sqlite3.SQLITE_INTERRUPT: ("store.stopped", "the work on the database {path} was stopped; start it again"),
    sqlite3.SQLITE_READONLY: ("store.read_only", "the database {path} is read-only; nothing can be recorded in it"),
    sqlite3.SQLITE_READONLY_DIRECTORY: (
        "store.read_only",
        "the database {path} is read-only; nothing can be recorded in it",
    ),
    sqlite3.SQLITE_BUSY: (
        "store.locked",
        "another program has locked the database {path}; try again when it is done",
    ),
    sqlite3.SQLITE_LOCKED: (
        "store.locked",
        "another program has locked the database {path}; try again when it is done",
    ),
    sqlite3.SQLITE_NOTADB: (
        "store.not_a_database",
        "{path} is not a database; name another file with --db (this one was left unchanged)",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "store.damaged",
        "the database {path} is damaged; at its next start wftui sets it aside and recovers what can be read",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "store.open",
        "the database {path} cannot be opened; check its folder and its permissions",
    ),
    sqlite3.SQLITE_PERM: ("store.open", "the database {path} cannot be opened; check its folder and its permissions"),
    sqlite3.SQLITE_AUTH: ("store.open", "the database {path} cannot be opened; check its folder and its permissions"),
    sqlite3.SQLITE_IOERR: ("store.unusable", "the database {path} cannot be used: it failed"),
    sqlite3.SQLITE_ERROR: ("store.unusable", "the database {path} cannot be used: it failed"),
}


def sqlite_error(code: int | None) -> sqlite3.Error:
    error = sqlite3.OperationalError("it failed")
    if code is not None:
        error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize("number", SENTENCES)
def test_errors_of_sqlite_are_explained(tmp_path: Path, number: int) -> None:
    path = tmp_path / "runs.db"
    code, sentence = SENTENCES[number]
    explained = explain(sqlite_error(number), path)
    assert (explained.code, str(explained)) == (code, sentence.format(path=path))
    assert isinstance(explained, DamagedError) == (number == sqlite3.SQLITE_CORRUPT)
    assert is_busy(sqlite_error(number)) == (code == "store.locked")


def test_an_error_without_a_code_is_shown_as_it_is(tmp_path: Path) -> None:
    explained = explain(sqlite_error(None), tmp_path)
    assert (explained.code, str(explained)) == ("store.unusable", f"the database {tmp_path} cannot be used: it failed")
    assert not is_busy(sqlite_error(None))


@pytest.mark.parametrize(("free", "is_full"), [(64 * 1024 - 1, True), (64 * 1024, False)])
def test_an_input_or_output_error_can_mean_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, is_full: bool
) -> None:
    path = tmp_path / "runs.db"
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage if folder == tmp_path else None)
    explained = explain(sqlite_error(sqlite3.SQLITE_IOERR_SHMSIZE), path)
    full = ("store.full", f"the disk is full: {path} cannot be opened")
    assert (explained.code, str(explained)) == (
        full if is_full else ("store.unusable", f"the database {path} cannot be used: it failed")
    )


def test_an_input_or_output_error_of_a_folder_that_is_gone(tmp_path: Path) -> None:
    explained = explain(sqlite_error(sqlite3.SQLITE_IOERR), tmp_path / "gone" / "runs.db")
    assert explained.code == "store.unusable"


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            "store.full",
            "the disk is full: runs.db cannot grow",
        ),
        (
            OSError(errno.EIO, os.strerror(errno.EIO)),
            "store.unusable",
            "cannot use the database runs.db: Input/output error",
        ),
        (OSError("no reason"), "store.unusable", "cannot use the database runs.db: no reason"),
    ],
)
def test_errors_of_the_file_system_are_explained(error: OSError, code: str, sentence: str) -> None:
    explained = explain(error, Path("runs.db"))
    assert (explained.code, str(explained)) == (code, sentence)
