"""Atomic replacement of files."""

import os
from pathlib import Path

from wftui.workspace.regular import read_regular
from wftui.workspace.temporary_file import temporary_beside


def atomic_write(path: Path, data: bytes, *, new_mode: int | None = None) -> bool:
    """Replace a file's content through a temporary file beside it.

    Of a symbolic link, the target is replaced.

    Args:
        new_mode: mode of a new file, by default as the umask says; an existing file keeps its mode.

    Returns:
        False if the file already had this content and was not touched.

    Raises:
        OSError: the folder or the file cannot be written; the old content is still there.
    """
    path = Path(os.path.realpath(path))
    try:
        if read_regular(path) == data:
            return False
        mode = path.stat().st_mode & 0o7777
    except FileNotFoundError:
        mode = 0o666 & ~_umask() if new_mode is None else new_mode
    with temporary_beside(path, 0o600) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        Path(file.name).chmod(mode)
        Path(file.name).replace(path)
    return True


def _umask() -> int:
    # Reading the umask means setting it: done once at import, before any thread runs.
    return _UMASK


_UMASK = os.umask(0o022)
os.umask(_UMASK)
