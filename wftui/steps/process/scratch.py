"""Private folders for files of running steps, removed even after a kill.

Each process keeps its files in a folder of its own, which it locks as long as it lives. A folder without a lock belongs
to a process that has died: the next process removes it.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from wftui.workspace.locate import user_data_path

_LOCK = ".lock"

_own: tuple[int, Path, int] | None = None  # process, folder, handle of its lock
_making = threading.Lock()


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder that only this user can read, and remove it at the end."""
    try:
        root = _own_folder()
    except OSError:
        # A data folder that cannot be written must not keep a step from running: the folder is as private there.
        with tempfile.TemporaryDirectory(prefix="wftui-") as elsewhere:
            yield Path(elsewhere)
        return
    folder = Path(tempfile.mkdtemp(dir=root))  # 0700, whatever the umask
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def private_file(path: Path) -> Path:
    """Create an empty file that only this user can read."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    return path


def remove_leftovers() -> int:
    """Remove the folders of processes that have died; return how many there were."""
    root = _root()
    removed = 0
    with contextlib.suppress(OSError):  # it does not exist, or cannot be read: nothing of ours is in it
        for entry in list(os.scandir(root)):
            if entry.is_dir(follow_symlinks=False):
                removed += _remove_if_left(Path(entry.path))
    return removed


def _root() -> Path:
    return user_data_path() / "scratch"


def _own_folder() -> Path:
    global _own
    with _making:
        # A forked child has the lock of its parent, and removes nothing of it.
        if _own is None or _own[0] != os.getpid() or not _own[1].is_relative_to(_root()) or not _own[1].is_dir():
            root = _root()
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            root.chmod(0o700)
            remove_leftovers()
            folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=root))
            # Locked before it has its name: a folder with a lock file that nobody holds is a leftover.
            handle = os.open(folder / f"{_LOCK}.new", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (folder / f"{_LOCK}.new").rename(folder / _LOCK)
            _own = os.getpid(), folder, handle
        return _own[1]


def _remove_if_left(folder: Path) -> bool:
    if _own is not None and folder == _own[1]:
        return False
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False  # being made by a process that lives, and empty; or not ours
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False  # its process lives
    else:
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()
    finally:
        os.close(handle)
