"""States of the places of the user's files: writable, absent, on a network."""

import os
import re
from pathlib import Path

_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|9p|afs|ceph|glusterfs|lustre|davfs|fuse\.(sshfs|s3fs|rclone|gcsfuse|davfs.*)"
)
"""Types of file systems of other machines: the locks and the shared memory of SQLite do not reach across."""
_MOUNTS = Path("/proc/self/mounts")
_ESCAPED = re.compile(r"\\([0-7]{3})")


def state_of(path: Path) -> str:
    """Return whether a file or folder can be written, or created."""
    if path.exists():
        return "writable" if os.access(path, os.W_OK) else "read-only"
    return "absent" if can_be_created(path) else "absent, and cannot be created"


def can_be_created(path: Path) -> bool:
    """Return whether there could be a file or folder of this name."""
    if path.is_symlink():  # to nothing
        return False
    above = next(folder for folder in path.absolute().parents if os.path.lexists(folder))
    return above.is_dir() and os.access(above, os.W_OK | os.X_OK)


def network_type(path: Path, mounts: str | None = None) -> str | None:
    """Return the type of the network file system that has a path, or None.

    Args:
        mounts: the mounted file systems, as Linux lists them; None: those of this machine.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(errors="surrogateescape")
        except OSError:
            return None
    deepest, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        mounted = Path(_ESCAPED.sub(lambda code: chr(int(code[1], 8)), fields[1])) if len(fields) > 2 else None
        if mounted is not None and path.absolute().is_relative_to(mounted) and len(mounted.parts) >= deepest:
            deepest, kind = len(mounted.parts), fields[2]  # of those at one place, the last is on top
    return kind if _NETWORK.fullmatch(kind) else None
