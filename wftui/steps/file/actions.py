"""Actions of the `file` step; blocking, for a thread."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from wftui.model.base import Json, format_timestamp
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.threads import StopFlag
from wftui.steps.file.input import FileInput
from wftui.steps.files.archives import Limits, pack, unpack
from wftui.steps.files.formats import FileFormat, decode, encode, encode_appended, format_of, without_mark
from wftui.steps.files.paths import check_kind, path_text, readable_name, real_path, replacing, resolve_path
from wftui.steps.files.trees import checksum, copy_tree, kind_of

_READING = frozenset({"read", "copy", "archive", "extract", "checksum"})
"""Actions that read their path to the end."""
READ_BYTES = 10 * 1024 * 1024
_FIRST_ROW = 65_536
UNPACKED_BYTES = 10 * 1024 * 1024 * 1024


class FileActions:
    """One `file` step at work; every output has `path`."""

    def __init__(self, step: FileInput, base: Path, flag: StopFlag) -> None:
        self._step = step
        self._base = base
        self._flag = flag

    def run(self) -> Json:
        """Run the action of the step.

        Raises:
            WorkflowError: for what the user can mend; `OSError` for the rest.
        """
        find = self._inside_itself if self._step.action in ("delete", "move") else self._inside
        actions: dict[str, Callable[[Path], Json]] = {
            "read": self._read,
            "write": self._write,
            "append": self._append,
            "copy": self._copy,
            "move": self._move,
            "delete": self._delete,
            "glob": self._glob,
            "archive": self._archive,
            "extract": self._extract,
            "checksum": self._checksum,
            "stat": self._stat,
            "mkdir": self._mkdir,
        }
        path = find(self._step.path)
        if self._step.action in _READING:
            check_kind(path)
        return actions[self._step.action](path)

    def _inside(self, text: str) -> Path:
        path = resolve_path(text, self._base)
        if not self._stays(real_path(path)):
            raise self._leads_out(text)
        return path

    def _inside_itself(self, text: str) -> Path:
        """As `_inside`, for an action on a link itself rather than its target."""
        path = resolve_path(text, self._base)
        place = real_path(path.parent) / path.name if path.name not in ("", "..") else real_path(path)
        if not self._stays(place):
            raise self._leads_out(text)
        return path

    def _stays(self, place: Path) -> bool:
        if self._step.root is None:
            return True
        return place.is_relative_to(real_path(resolve_path(self._step.root, self._base)))

    def _leads_out(self, text: str) -> WorkflowError:
        return WorkflowError("file.root", f"{text!r} is outside of the root {self._step.root!r}.")

    def _target(self) -> Path:
        target = self._inside(self._step.to or "")
        if not self._step.overwrite and target.exists():
            raise WorkflowError("file.exists", f"{self._step.to!r} already exists.")
        check_kind(target)
        return target

    @property
    def _format(self) -> FileFormat:
        return self._step.format or format_of(self._step.path)

    def _read(self, path: Path) -> Json:
        most = self._step.max_bytes or READ_BYTES
        if path.is_dir():
            raise WorkflowError("file.kind", f"{self._step.path!r} is a folder.")
        with path.open("rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise WorkflowError(
                "file.too_big", f"{self._step.path!r} is larger than {most:,} bytes; increase maxBytes."
            )
        value = decode(
            data,
            self._format,
            self._step.delimiter,
            self._step.path,
            encoding=self._step.encoding,
            lenient=self._step.lenient,
        )
        return {"path": path_text(path), "value": value, "bytes": len(data)}

    def _write(self, path: Path) -> Json:
        if not self._step.overwrite and path.exists():
            raise WorkflowError("file.exists", f"{self._step.path!r} already exists.")
        if path.is_dir():
            raise WorkflowError("file.kind", f"{self._step.path!r} is a folder.")
        data = encode(self._step.content, self._format, self._step.delimiter, self._step.encoding)
        changed = not (path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data)
        if changed:
            with replacing(path) as file:
                file.write(data)
        return {"path": path_text(path), "bytes": len(data), "changed": changed}

    def _append(self, path: Path) -> Json:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            encoding, first = self._step.encoding, file.read(_FIRST_ROW)
            data = encode_appended(self._step.content, self._format, self._step.delimiter, first, encoding)
            if size and self._format in ("csv", "lines", "json", "jsonl"):
                newline = without_mark("\n", encoding)
                file.seek(-min(size, len(newline)), os.SEEK_END)
                if file.read() != newline:
                    data = newline + data
            file.write(data)
        return {"path": path_text(path), "bytes": size + len(data)}

    def _copy(self, path: Path) -> Json:
        target = self._target()
        if not path.exists():
            raise FileNotFoundError(2, "missing", self._step.path)
        if path.is_file() and target.is_dir():
            target = target / path.name
            if not self._stays(real_path(target)):
                raise self._leads_out(str(target))
        files, size = copy_tree(path, target, self._step.exclude, self._flag)
        return {"path": path_text(target), "files": files, "bytes": size}

    def _move(self, path: Path) -> Json:
        target = self._target()
        if not path.exists() and not path.is_symlink():
            raise FileNotFoundError(2, "missing", self._step.path)
        if target.is_dir() and not path.is_dir():
            target = target / path.name
        if target.is_dir():
            raise WorkflowError("file.exists", f"The folder {str(target)!r} already exists.")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)
        return {"path": path_text(target)}

    def _delete(self, path: Path) -> Json:
        there = path.exists() or path.is_symlink()
        if not there and not self._step.missing_ok:
            raise FileNotFoundError(2, "missing", self._step.path)
        if path.is_dir() and not path.is_symlink():
            if self._step.recursive:
                shutil.rmtree(path)
            elif any(path.iterdir()):
                raise WorkflowError("file.kind", f'{self._step.path!r} is a folder with files; set "recursive": true.')
            else:
                path.rmdir()
        elif there:
            path.unlink()
        return {"path": path_text(path), "deleted": there}

    def _glob(self, path: Path) -> Json:
        pattern = self._step.pattern
        if pattern.startswith("/") or ".." in Path(pattern).parts:
            raise WorkflowError("file.path", f"The pattern {pattern!r} must stay inside the folder.")
        if any("**" in part and part != "**" for part in Path(pattern).parts):  # Python 3.13 takes it for *
            raise WorkflowError("file.path", f"The pattern {pattern!r} is invalid: ** must be a whole part of a path.")
        if not path.is_dir():
            raise FileNotFoundError(2, "missing", self._step.path)
        found: list[Path] = []
        inside: dict[Path, bool] = {}
        try:
            for match in path.glob(pattern):
                self._flag.check()
                folder = match.parent
                if folder not in inside:
                    inside[folder] = self._stays(real_path(folder))
                if inside[folder] and not match.is_dir():
                    found.append(match)
        except ValueError as error:
            raise WorkflowError("file.path", f"The pattern {pattern!r} is invalid: {error}.") from None
        found.sort()
        listed = found[: self._step.max_files]
        files = [
            {
                **_describe(match),
                "path": path_text(match),
                "name": readable_name(match.name),
                "relative": readable_name(match.relative_to(path).as_posix()),
            }
            for match in listed
        ]
        return {"path": path_text(path), "files": files, "count": len(files), "truncated": len(found) > len(listed)}

    def _archive(self, path: Path) -> Json:
        target = self._target()
        packed = pack(path, target, self._step.exclude, self._flag)
        digest = checksum(target, "sha256", [], self._flag)
        return {
            "path": path_text(target),
            "files": packed.files,
            "bytes": digest.bytes,
            "checksum": digest.value,
            "algorithm": "sha256",
        }

    def _extract(self, path: Path) -> Json:
        target = self._inside(self._step.to or "")
        if not self._step.overwrite and target.is_dir() and any(target.iterdir()):
            raise WorkflowError("file.exists", f"The folder {self._step.to!r} is not empty.")
        limits = Limits(self._step.max_bytes or UNPACKED_BYTES, self._step.max_entries)
        unpacked = unpack(path, target, limits, self._flag)
        return {"path": path_text(target), "files": unpacked.files, "bytes": unpacked.bytes}

    def _checksum(self, path: Path) -> Json:
        digest = checksum(path, self._step.algorithm, self._step.exclude, self._flag)
        output: dict[str, Json] = {
            "path": path_text(path),
            "checksum": digest.value,
            "algorithm": self._step.algorithm,
            "files": digest.files,
            "bytes": digest.bytes,
        }
        if path.is_dir():
            output["entries"] = digest.entries
        return output

    def _stat(self, path: Path) -> Json:
        if not path.exists() and not path.is_symlink():
            return {"path": path_text(path), "exists": False}
        return {
            "path": path_text(path),
            "exists": True,
            **_describe(path),
            "mode": f"{path.lstat().st_mode & 0o7777:04o}",
        }

    def _mkdir(self, path: Path) -> Json:
        path.mkdir(parents=True, exist_ok=True)
        return {"path": path_text(path)}


def _describe(path: Path) -> dict[str, Json]:
    status = path.lstat()
    return {
        "kind": kind_of(path),
        "bytes": status.st_size,
        "modifiedAt": format_timestamp(datetime.fromtimestamp(status.st_mtime, UTC)),
    }
