"""Folders of an archive on disk, each examined once for all its entries.

Paths are strings here, as `pathlib` takes as long as the system does for the files themselves.
"""

import contextlib
import os
import stat
from pathlib import Path

from wftui.steps.files.paths import real_path

_NO_NAMES = frozenset(("", ".", ".."))
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class RealFolders:
    """Folders that were found or made below a target.

    Nothing in an archive replaces a folder while it is unpacked, so each is checked once.
    """

    def __init__(self, target: Path) -> None:
        self._root = str(real_path(target))
        self._known = {""}

    def open(self, name: str) -> int | None:
        """Create or empty a file with its folders; None when a link is in its path."""
        name = _without_dot(name)
        folder, _, last = name.rpartition("/")
        if last in _NO_NAMES or self.make(folder) is None:
            return None
        with contextlib.suppress(OSError):  # raised where the file is opened with a look at all of its path
            return os.open(f"{self._root}/{name}", _WRITE, 0o666)
        return None

    def make(self, name: str) -> str | None:
        """Create a folder and return its path; None when a link is in its path."""
        name = _without_dot(name)
        if name not in self._known:
            parts = name.split("/")
            if not _NO_NAMES.isdisjoint(parts):
                return None
            above = ""
            for part in parts:
                above = f"{above}/{part}" if above else part
                if above not in self._known and not self._make_one(above):
                    return None
        return f"{self._root}/{name}"

    def _make_one(self, name: str) -> bool:
        path = f"{self._root}/{name}"
        try:
            os.mkdir(path)  # noqa: PTH102
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                return False
        self._known.add(name)
        return True


def _without_dot(name: str) -> str:
    return name.removeprefix("./").removesuffix("/") if name != "." else ""
