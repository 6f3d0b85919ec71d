"""Notes beside the database: why a run could not be recorded to its end.

They are files, as the database could not be written. A full disk still takes the name of an empty file.
"""

from contextlib import suppress
from pathlib import Path

from wftui.workspace.private import make_private_file

_DEFAULT_REASON = "the disk was full"


def put_note(database: Path, run_id: str, reason: str) -> None:
    """Note the reason, best effort, for the process that marks the run."""
    note = _note(database, run_id)
    with suppress(OSError):  # the reason has been raised already
        make_private_file(note)
        note.write_text(reason, encoding="utf-8")


def read_note(database: Path, run_id: str) -> str | None:
    """Return the noted reason, or None without a note."""
    try:
        return _note(database, run_id).read_text(encoding="utf-8", errors="replace") or _DEFAULT_REASON
    except OSError:
        return None


def remove_note(database: Path, run_id: str) -> None:
    """Remove the note of a run whose record has the reason."""
    with suppress(OSError):
        _note(database, run_id).unlink()


def _note(database: Path, run_id: str) -> Path:
    return database.with_name(f"{database.name}-unrecorded-{run_id}")
