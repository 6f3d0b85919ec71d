"""Reproducible archives, and extraction that stays inside its folder."""

import contextlib
import gzip
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
from wftui.steps.files.trees import Entry, kind_of, walk

ArchiveKind = Literal["tar.gz", "tar", "zip"]

_CHUNK = 1024 * 1024
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, LookupError, ValueError)
_ENCRYPTED = 0x1
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
            with zipfile.ZipFile(source) as archive:
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
    times: list[tuple[Path, float]] = []

    def keep_time(info: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
        safe = tarfile.data_filter(info, folder)
        if safe.isdir():
            times.append((Path(folder, safe.name), safe.mtime))
        return safe

    tar.extraction_filter = keep_time
    for info in tar:
        flag.check()
        _count(packed, info.size if info.isreg() else 0, limits)
        packed.files += info.isreg()
        tar.extract(info, target, set_attrs=not info.isdir())
    for place, timestamp in times:  # last: writing into a folder changes its time
        with contextlib.suppress(OSError, OverflowError):  # a time that this file system cannot hold
            os.utime(place, (timestamp, timestamp), follow_symlinks=False)
    return packed


def _unpack_zip(archive: zipfile.ZipFile, target: Path, limits: Limits, flag: StopFlag) -> Packed:
    packed = Packed()
    root = real_path(target)
    for info in archive.infolist():
        flag.check()
        place = target / info.filename
        if info.flag_bits & _ENCRYPTED:
            raise WorkflowError("file.archive", f"The entry {info.filename!r} of the archive is encrypted.")
        if not real_path(place).is_relative_to(root) or stat.S_ISLNK(info.external_attr >> 16):
            raise WorkflowError(
                "file.archive", f"The archive is unsafe: its entry {info.filename!r} is outside the folder."
            )
        _count(packed, info.file_size, limits)
        if info.is_dir():
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as reader, place.open("wb") as writer:
            shutil.copyfileobj(reader, writer, _CHUNK)
        mode = (info.external_attr >> 16) & 0o777
        if mode:
            place.chmod(mode)
        packed.files += 1
    return packed


def _count(packed: Packed, size: int, limits: Limits) -> None:
    packed.entries += 1
    packed.bytes += size
    if packed.entries > limits.entries:
        raise WorkflowError(
            "file.archive", f"The archive holds more than {limits.entries:,} entries; raise maxEntries."
        )
    if packed.bytes > limits.bytes:
        raise WorkflowError("file.archive", f"The archive holds more than {limits.bytes:,} bytes; raise maxBytes.")
