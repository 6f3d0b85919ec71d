"""Files and folders of the user, which nobody else may read, whatever the umask."""

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from wftui.workspace.atomic import atomic_write

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def make_private_folder(path: Path) -> None:
    """Create a folder and its missing parents; an existing folder keeps its mode.

    Raises:
        OSError: it cannot be created, or is not a folder.
    """
    if path.is_dir():
        return
    if path.parent != path:
        make_private_folder(path.parent)
    try:
        path.mkdir(mode=PRIVATE_FOLDER)
    except FileExistsError:  # another process was first
        if not path.is_dir():
            raise
    else:
        path.chmod(PRIVATE_FOLDER)


def make_private_file(path: Path) -> None:
    """Create an empty file; an existing file keeps its content and mode.

    Raises:
        OSError: it cannot be created.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    except FileExistsError:
        return
    try:
        os.fchmod(handle, PRIVATE_FILE)
    finally:
        os.close(handle)


def report_readable(files: Sequence[Path], folders: Sequence[Path], memory: Path) -> str | None:
    """Return a sentence about files and folders that others may read.

    It has the commands that make them private. Each is reported once: the file `memory` holds the reported ones for as
    long as others may read them.
    """
    readable = {path: PRIVATE_FILE for path in files if _others_may_read(path)}
    readable |= {path: PRIVATE_FOLDER for path in folders if _others_may_read(path)}
    try:
        reported = memory.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        reported = []
    new = [path for path in readable if str(path) not in reported]
    private = {str(path) for path in (*files, *folders)} - set(map(str, readable))
    remembered = [path for path in reported if path not in private] + list(map(str, new))
    if remembered != reported:
        _remember(memory, remembered)
    if not new:
        return None
    import shlex

    commands = [f"chmod {readable[path]:o} {shlex.quote(str(path))}" for path in new]
    names = ", ".join(map(str, new))
    return f"other users may read {names}; to keep the history and the settings private: {'; '.join(commands)}"


def _others_may_read(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return status.st_uid == os.geteuid() and bool(status.st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _remember(memory: Path, paths: Iterable[str]) -> None:
    try:
        make_private_folder(memory.parent)
        atomic_write(memory, "".join(f"{path}\n" for path in paths).encode(), new_mode=PRIVATE_FILE)
    except OSError:
        # Where nothing can be stored, the same is reported again: better than never.
        return
