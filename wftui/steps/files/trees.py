"""Folder trees: ordered walks, checksums, copies."""

import hashlib
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.threads import StopFlag
from wftui.steps.files.paths import readable_name, real_path, replacing

Kind = Literal["file", "folder", "link", "other"]
Algorithm = Literal["sha256", "sha512", "blake2b", "sha1", "md5"]

_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """Entry of a folder; `relative` has `/` between the names."""

    path: Path
    relative: str
    kind: Kind


def kind_of(path: Path) -> Kind:
    """Return the kind of file at a path, without following links."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "link"
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"


def walk(root: Path, exclude: list[str], flag: StopFlag) -> Iterator[Entry]:
    """Yield all entries below a folder in a fixed order, without following links.

    Args:
        exclude: patterns (`*.tmp`, `node_modules`, `build/*`) against the name and the relative path.
    """

    def below(folder: Path, prefix: str) -> Iterator[Entry]:
        for path in sorted(folder.iterdir(), key=lambda path: path.name):
            flag.check()
            name = path.name
            relative = prefix + name
            if any(fnmatchcase(name, pattern) or fnmatchcase(relative, pattern) for pattern in exclude):
                continue
            kind = kind_of(path)
            yield Entry(path, relative, kind)
            if kind == "folder":
                yield from below(path, f"{relative}/")

    yield from below(root, "")


@dataclass(frozen=True, slots=True)
class Checksum:
    """Checksum of a file, or of the sha256sum-style listing of a folder.

    Attributes:
        entries: hash by relative path; links as `link:TARGET`, folders as `folder`.
    """

    value: str
    files: int
    bytes: int
    entries: dict[str, str]


def checksum(path: Path, algorithm: Algorithm, exclude: list[str], flag: StopFlag) -> Checksum:
    """Hash a file, or names and contents of a folder."""
    if path.is_file():
        value, size = _hash_file(path, algorithm, flag)
        return Checksum(value, 1, size, {})
    whole = hashlib.new(algorithm)
    entries: dict[str, str] = {}
    files = total = 0
    for entry in walk(path, exclude, flag):
        if entry.kind == "file":
            value, size = _hash_file(entry.path, algorithm, flag)
            files += 1
            total += size
        elif entry.kind == "link":
            value = f"link:{entry.path.readlink()}"
        elif entry.kind == "folder":
            value = "folder"
        else:
            continue
        entries[readable_name(entry.relative)] = value
        whole.update(f"{value}  {entry.relative}\n".encode("utf-8", "surrogateescape"))
    return Checksum(whole.hexdigest(), files, total, entries)


def _hash_file(path: Path, algorithm: Algorithm, flag: StopFlag) -> tuple[str, int]:
    digest = hashlib.new(algorithm)
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            flag.check()
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def copy_tree(source: Path, target: Path, exclude: list[str], flag: StopFlag) -> tuple[int, int]:
    """Copy a file or folder with times and permissions; return (files, bytes).

    Links at the target of a copy are replaced, not followed: they may lead anywhere.

    Raises:
        WorkflowError: `file.path` when the target is the source or lies inside it.
    """
    if source.is_file():
        if target.exists() and target.samefile(source):
            raise WorkflowError("file.path", f"{str(source)!r} and {str(target)!r} are the same file.")
        return 1, _copy_file(source, target, flag)
    if real_path(target).is_relative_to(real_path(source)):
        raise WorkflowError("file.path", f"{str(target)!r} is inside {str(source)!r}.")
    target.mkdir(parents=True, exist_ok=True)
    files = size = 0
    folders = [(source, target)]
    for entry in walk(source, exclude, flag):
        place = target / entry.relative
        if place.is_symlink():
            place.unlink()
        if entry.kind == "folder":
            place.mkdir(exist_ok=True)
            folders.append((entry.path, place))
        elif entry.kind == "link":
            place.unlink(missing_ok=True)  # a file of that name
            place.symlink_to(entry.path.readlink())
        elif entry.kind == "file":
            size += _copy_file(entry.path, place, flag)
            files += 1
    for original, made in reversed(folders):
        shutil.copystat(original, made)  # last: writing into a folder changes its time
    return files, size


def _copy_file(source: Path, target: Path, flag: StopFlag) -> int:
    size = 0
    with source.open("rb") as reader, replacing(target) as writer:
        while chunk := reader.read(_CHUNK):
            flag.check()
            writer.write(chunk)
            size += len(chunk)
    shutil.copystat(source, target)
    return size
