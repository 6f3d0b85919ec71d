"""Unsaved text of editors, kept outside the workspace until it is saved.

A draft may hold typed secrets, so only its user may read it. The editor that writes it holds a lock, which ends with
the process: a draft without one belongs to an editor that was killed.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from wftui.model.data_class import dataclass
from wftui.workspace.atomic import atomic_write
from wftui.workspace.locate import user_data_path
from wftui.workspace.private import PRIVATE_FILE, make_private_file, make_private_folder
from wftui.workspace.regular import read_regular
from wftui.workspace.workspace_errors import WorkspaceError

_SLOTS = 9
"""Editors of one file, in several processes, that keep drafts at the same time."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Unsaved text of an editor that has ended.

    Attributes:
        file: the file that holds the draft.
        etag: of the version of the workflow that was edited.
    """

    file: Path
    text: str
    etag: str
    written: datetime


def drafts_folder() -> Path:
    """Return the folder of all drafts."""
    return user_data_path() / "drafts"


class DraftFile:
    """The draft of one open editor; created with the first text.

    Args:
        folder: the folder of all drafts.
        source: path of the file being edited.
    """

    def __init__(self, folder: Path, source: Path) -> None:
        self._folder = folder
        self._name = _name(source)
        self._source = source
        self._lock: int | None = None
        self._path: Path | None = None

    def keep(self, text: str, etag: str, *, written: datetime | None = None) -> None:
        """Store the text, in place of the one before.

        Args:
            text: the unsaved text.
            etag: of the version that was edited.
            written: when it was kept; now if absent.

        Raises:
            WorkspaceError: it cannot be written.
        """
        try:
            path = self._own_path()
            value = {"source": str(self._source), "etag": etag, "text": text}
            atomic_write(path, json.dumps(value).encode("utf-8", "surrogatepass"), new_mode=PRIVATE_FILE)
            if written is not None:
                os.utime(path, (written.timestamp(),) * 2)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise WorkspaceError(f"cannot keep unsaved text in {self._folder}: {reason}", code="draft.io") from error

    def forget(self) -> None:
        """Delete the draft, and release its lock."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        """Leave the draft, if there is one, to the next editor."""
        if self._lock is not None:
            os.close(self._lock)
        self._lock = self._path = None

    def _own_path(self) -> Path:
        if self._path is None:
            make_private_folder(self._folder)
            for path in _slots(self._folder, self._name):
                if not path.exists() and (lock := _locked(path)) is not None:
                    self._lock, self._path = lock, path
                    break
            else:
                raise OSError("too many drafts of this workflow")
        return self._path


def orphaned_drafts(folder: Path, source: Path) -> list[Draft]:
    """Return the drafts of a file whose editors have ended, the newest first."""
    found = []
    for path in _slots(folder, _name(source)):
        try:
            lock = _locked(path) if path.exists() else None
        except OSError:
            continue
        if lock is None:
            continue
        try:
            value = json.loads(read_regular(path))
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            found.append(Draft(path, str(value["text"]), str(value["etag"]), written))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not a draft, or gone meanwhile
        finally:
            os.close(lock)
    return sorted(found, key=lambda draft: draft.written, reverse=True)


def move_drafts(folder: Path, source: Path, target: Path, change: Callable[[Draft], tuple[str, str]]) -> None:
    """Move the drafts of a moved file, except those of open editors.

    Args:
        change: returns text and etag of a draft at the new path.

    Raises:
        WorkspaceError: one cannot be written; it stays where it was.
    """
    for draft in reversed(orphaned_drafts(folder, source)):
        moved = DraftFile(folder, target)
        try:
            moved.keep(*change(draft), written=draft.written)
        finally:
            moved.release()
        delete_draft(draft)


def delete_draft(draft: Draft) -> None:
    """Delete a draft that is not needed any more."""
    with contextlib.suppress(OSError):
        draft.file.unlink()


def _name(source: Path) -> str:
    return hashlib.sha256(os.fsencode(os.path.realpath(source))).hexdigest()[:32]


def _slots(folder: Path, name: str) -> Iterator[Path]:
    return (folder / f"{name}-{slot}.json" for slot in range(_SLOTS))


def _locked(path: Path) -> int | None:
    """Lock a draft, and return the lock; None if another editor has it."""
    file = path.with_suffix(".lock")
    make_private_file(file)
    lock = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock
