"""Reproducible archives, and extraction that stays inside its folder."""

import contextlib
import gzip
import io
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.threads import StopFlag
from wftui.steps.files.paths import real_path, replacing
from wftui.steps.files.real_folders import RealFolders
from wftui.steps.files.trees import Entry, kind_of, walk

ArchiveKind = Literal["tar.gz", "tar", "zip"]

_CHUNK = 1024 * 1024
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, LookupError, ValueError)
_ENCRYPTED = 0x1
_DIRECTORY_ENTRY = b"PK\x01\x02"
_LEAST_DIRECTORY = 1024 * 1024
_ENTRY_BYTES = 1024  # of a zip's directory, on average at most: 46, the name, and what programs add
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """Most that may come out of an archive; entries are files, folders and links."""

    bytes: int
    entries: int


@dataclass(slots=True)
class Packed:
    """Number and size of the files packed or unpacked."""

    files: int = 0
    bytes: int = 0
    entries: int = 0


def archive_kind(path: Path) -> ArchiveKind:
    """Return the kind of archive by file name.

    Raises:
        WorkflowError: `file.archive` for any other name.
    """
    name = path.name.lower()
    if name.endswith((".tar.gz", ".tgz")):
        return "tar.gz"
    if name.endswith((".tar", ".zip")):
        return "tar" if name.endswith(".tar") else "zip"
    raise WorkflowError("file.archive", f"The name {path.name!r} must end in .tar.gz, .tgz, .tar or .zip.")


def pack(source: Path, target: Path, exclude: list[str], flag: StopFlag) -> Packed:
    """Write an archive of a file or folder, atomically.

    The same content, times and permissions give the same bytes: entries are sorted, owners left out.

    Raises:
        WorkflowError: `file.archive` for a name of no known kind, or a link in a zip.
    """
    kind = archive_kind(target)
    ends_inside = real_path(target)
    if source.is_dir():
        entries = [entry for entry in walk(source, exclude, flag) if not _is(entry, ends_inside)]
    else:
        entries = [Entry(source, source.name, kind_of(source))]
    with replacing(target) as file:
        if kind == "zip":
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                return _pack_zip(archive, entries, flag)
        if kind == "tar":
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                return _pack_tar(tar, entries, flag)
        # Without a name and a time in its header gzip is deterministic too.
        with (
            gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            return _pack_tar(tar, entries, flag)


def unpack(source: Path, target: Path, limits: Limits, flag: StopFlag) -> Packed:
    """Unpack into a folder; reject entries outside it and too many bytes.

    Raises:
        WorkflowError: `file.archive` when it is damaged, unsafe or too big.
    """
    kind = archive_kind(source)
    target.mkdir(parents=True, exist_ok=True)
    try:
        if kind == "zip":
            with _BoundedDirectory(source, limits.entries) as file, zipfile.ZipFile(file) as archive:
                file.opened()
                return _unpack_zip(archive, target, limits, flag)
        with tarfile.open(source, "r:gz" if kind == "tar.gz" else "r:") as tar:
            return _unpack_tar(tar, target, limits, flag)
    except tarfile.FilterError as error:
        raise WorkflowError("file.archive", f"{source.name!r} is unsafe: {error}.") from None
    except (*_DAMAGED, RuntimeError) as error:
        reason = str(error.args[0] if error.args else error).rstrip(".")
        raise WorkflowError("file.archive", f"{source.name!r} is damaged or of an unknown kind: {reason}.") from None


def _is(entry: Entry, place: Path) -> bool:
    return entry.kind == "file" and real_path(entry.path) == place


def _pack_tar(tar: tarfile.TarFile, entries: list[Entry], flag: StopFlag) -> Packed:
    packed = Packed()
    for entry in entries:
        flag.check()
        if entry.kind == "other":
            continue
        info = tar.gettarinfo(entry.path, arcname=entry.relative)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        info.mtime = int(info.mtime)
        if info.islnk():  # a second name of a file already packed: its content again, so that order does not matter
            info.type = tarfile.REGTYPE
            info.size = entry.path.stat().st_size
        if info.isreg():
            with entry.path.open("rb") as file:
                tar.addfile(info, file)
            packed.files += 1
            packed.bytes += info.size
        else:
            tar.addfile(info)
    return packed


def _pack_zip(archive: zipfile.ZipFile, entries: list[Entry], flag: StopFlag) -> Packed:
    packed = Packed()
    for entry in entries:
        flag.check()
        if entry.kind == "link":
            raise WorkflowError(
                "file.archive", f"A zip archive cannot contain the link {entry.relative!r}; use .tar.gz."
            )
        if entry.kind == "other":
            continue
        status = entry.path.stat()
        timestamp = datetime.fromtimestamp(status.st_mtime, UTC).timetuple()[:6]
        name = entry.relative + ("/" if entry.kind == "folder" else "")
        info = zipfile.ZipInfo(name, max(_ZIP_EPOCH, timestamp))
        info.external_attr = status.st_mode << 16
        info.create_system = 3
        info.compress_type = zipfile.ZIP_DEFLATED
        if entry.kind == "folder":
            archive.writestr(info, b"")
            continue
        info.file_size = status.st_size
        with entry.path.open("rb") as reader, archive.open(info, "w") as writer:
            while chunk := reader.read(_CHUNK):
                flag.check()
                writer.write(chunk)
        packed.files += 1
        packed.bytes += status.st_size
    return packed


def _unpack_tar(tar: tarfile.TarFile, target: Path, limits: Limits, flag: StopFlag) -> Packed:
    packed = Packed()
    folders = RealFolders(target)
    times: list[tuple[str, float]] = []

    def keep_time(info: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
        safe = tarfile.data_filter(info, folder)
        if safe.isdir():
            times.append((str(Path(folder, safe.name)), safe.mtime))
        return safe

    tar.extraction_filter = keep_time
    for info in tar:
        flag.check()
        _count(packed, info.size if info.isreg() else 0, limits)
        packed.files += info.isreg()
        if info.isdir() and (made := folders.make(info.name)) is not None:
            times.append((made, info.mtime))
        elif not info.isreg() or info.issparse() or not _unpack_tar_file(tar, info, folders):
            tar.extract(info, target, set_attrs=not info.isdir())
    for place, timestamp in times:  # last: writing into a folder changes its time
        with contextlib.suppress(OSError, OverflowError):  # a time that this file system cannot hold
            os.utime(place, (timestamp, timestamp), follow_symlinks=False)
    return packed


def _unpack_tar_file(tar: tarfile.TarFile, info: tarfile.TarInfo, folders: RealFolders) -> bool:
    """Write a file into a real folder; return False when a link is on its way."""
    reader = tar.extractfile(info)
    descriptor = folders.open(info.name)
    if reader is None or descriptor is None:
        return False
    with reader, os.fdopen(descriptor, "wb") as writer:
        shutil.copyfileobj(reader, writer, _CHUNK)
        writer.flush()
        # As `tarfile.data_filter`: its user reads and writes it, nobody else writes it.
        mode = (info.mode & (0o755 if info.mode & 0o100 else 0o644)) | 0o600
        with contextlib.suppress(OSError, OverflowError):  # what this file system cannot hold
            os.fchmod(descriptor, mode)
            os.utime(descriptor, (info.mtime, info.mtime))
    return True


def _unpack_zip(archive: zipfile.ZipFile, target: Path, limits: Limits, flag: StopFlag) -> Packed:
    packed = Packed()
    folders = RealFolders(target)
    for info in archive.infolist():
        flag.check()
        if info.flag_bits & _ENCRYPTED:
            raise WorkflowError("file.archive", f"The entry {info.filename!r} of the archive is encrypted.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _unsafe(info)
        _count(packed, info.file_size, limits)
        if not info.is_dir():
            _unpack_zip_file(archive, info, target, folders)
            packed.files += 1
        elif folders.make(info.filename) is None:
            _inside(info, target).mkdir(parents=True, exist_ok=True)
    return packed


def _unpack_zip_file(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, folders: RealFolders) -> None:
    descriptor = folders.open(info.filename)
    if descriptor is None:  # a link is on its way, or it leads out
        place = _inside(info, target)
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    with os.fdopen(descriptor, "wb") as writer, archive.open(info) as reader:
        shutil.copyfileobj(reader, writer, _CHUNK)
        writer.flush()
        if mode := (info.external_attr >> 16) & 0o777:
            os.fchmod(descriptor, mode)


def _inside(info: zipfile.ZipInfo, target: Path) -> Path:
    place = target / info.filename
    if not real_path(place).is_relative_to(real_path(target)):
        raise _unsafe(info)
    return place


def _unsafe(info: zipfile.ZipInfo) -> WorkflowError:
    return WorkflowError("file.archive", f"The archive is unsafe: its entry {info.filename!r} is outside the folder.")


class _BoundedDirectory(io.BufferedReader):
    """A zip whose directory is counted before `zipfile` makes an object of each entry.

    Its size is bounded too. What `zipfile` itself reads is counted, so there is no second opinion on where it is.
    """

    def __init__(self, source: Path, entries: int) -> None:
        super().__init__(io.FileIO(source))
        self._entries: int | None = entries

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, counting the entries of a directory."""
        if self._entries is None or size is None:
            return super().read(size)
        if size > max(_LEAST_DIRECTORY, self._entries * _ENTRY_BYTES):
            raise _too_many(self._entries)
        data = super().read(size)
        at = found = 0
        while data.startswith(_DIRECTORY_ENTRY, at):
            lengths = data[at + 28 : at + 34]
            at += 46 + sum(int.from_bytes(lengths[each : each + 2], "little") for each in (0, 2, 4))
            found += 1
            if found > self._entries:
                raise _too_many(self._entries)
        return data

    def opened(self) -> None:
        """Stop counting: what follows are the entries."""
        self._entries = None


def _count(packed: Packed, size: int, limits: Limits) -> None:
    packed.entries += 1
    packed.bytes += size
    if packed.entries > limits.entries:
        raise _too_many(limits.entries)
    if packed.bytes > limits.bytes:
        raise WorkflowError("file.archive", f"The archive holds more than {limits.bytes:,} bytes; raise maxBytes.")


def _too_many(entries: int) -> WorkflowError:
    return WorkflowError("file.archive", f"The archive holds more than {entries:,} entries; raise maxEntries.")
