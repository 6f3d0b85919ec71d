"""Files of jobs: the workflow's folder, step types of the workspace, big values."""

import asyncio
import stat
from pathlib import Path

from wftui.runtime.workflow_errors import WorkflowError
from wftui.workers.database import Database
from wftui.workers.sealing import AT_ONCE, Seal
from wftui.workspace.regular import read_regular

MOST_BYTES = 64 * 1024 * 1024
"""Size of a workflow's folder with which its steps can run on workers."""
MOST_FILES = 2_000
_LEFT_OUT = ("__pycache__", "node_modules")
_STORE = """
insert into blobs (run, name, sealed)
select runs.run, %(name)s, %(sealed)s from runs where run = %(run)s
on conflict (run, name) do nothing
"""
_RUN = "insert into runs (run) values (%s) on conflict (run) do update set seen = now()"

Sent = dict[str, tuple[str, int]]
"""Name and mode of each file, by its path in the folder."""
_Stamp = tuple[int, int, int]


class JobFiles:
    """Files that one process has sent for its runs; each content once for a run."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal
        self._sent: dict[str, set[str]] = {}
        self._known: dict[str, dict[str, tuple[_Stamp, str]]] = {}
        self._sending = asyncio.Lock()
        self._scanning: dict[str, asyncio.Lock] = {}
        self._next_scans: dict[tuple[str, Path], asyncio.Task[Sent]] = {}

    def forget(self, run: str) -> None:
        """Forget a run that has ended."""
        self._sent.pop(run, None)
        self._known.pop(run, None)
        self._scanning.pop(run, None)

    async def enter_run(self, run: str, *, again: bool = False) -> None:
        """Store a run, of which jobs and files are parts; once, or again if it is gone."""
        if again or run not in self._sent:
            async with self._sending:
                await self._enter(run, again=again)

    async def _enter(self, run: str, *, again: bool = False) -> set[str]:
        if again or run not in self._sent:
            await self._database.rows(_RUN, [run])
        return self._sent.setdefault(run, set())

    async def send(self, run: str, data: bytes) -> str:
        """Send bytes for a run and return their name."""
        few = len(data) <= AT_ONCE
        name = self._seal.name(data) if few else await asyncio.to_thread(self._seal.name, data)
        async with self._sending:
            sent = await self._enter(run)
            if name not in sent:
                sealed = await self._seal.seal_soon(data, f"blob {name}")
                await self._database.rows(_STORE, {"run": run, "name": name, "sealed": sealed})
                sent.add(name)
        return name

    async def send_folder(self, run: str, folder: Path) -> Sent:
        """Send the files of a folder that were changed since the last time.

        All that ask before the next scan begins share it.

        Raises:
            WorkflowError: `worker.files` when there are too many, or one cannot be read.
        """
        key = run, folder
        if (scan := self._next_scans.get(key)) is None:
            scan = self._next_scans[key] = asyncio.create_task(self._send_changed(run, folder))
            scan.add_done_callback(lambda task: task.cancelled() or task.exception())  # all that asked may be gone
        return await asyncio.shield(scan)

    async def _send_changed(self, run: str, folder: Path) -> Sent:
        async with self._scanning.setdefault(run, asyncio.Lock()):
            del self._next_scans[run, folder]
            return await self._send_scanned(run, folder)

    async def _send_scanned(self, run: str, folder: Path) -> Sent:
        try:
            found = await asyncio.to_thread(_scan, folder)
        except OSError as error:
            raise _unreadable(error) from None
        known = self._known.setdefault(run, {})
        files: Sent = {}
        for place, (path, mode, stamp) in found.items():
            before = known.get(place)
            if before is None or before[0] != stamp:
                try:
                    data = await asyncio.to_thread(read_regular, path)
                except OSError as error:
                    raise _unreadable(error) from None
                known[place] = before = stamp, await self.send(run, data)
            files[place] = before[1], mode
        return files


def _scan(folder: Path) -> dict[str, tuple[Path, int, _Stamp]]:
    found: dict[str, tuple[Path, int, _Stamp]] = {}
    size = 0
    todo = [folder] if folder.is_dir() else []
    while todo:
        for path in sorted(todo.pop().iterdir()):
            if path.name.startswith(".") or path.name in _LEFT_OUT:
                continue
            info = path.stat(follow_symlinks=False)
            if stat.S_ISDIR(info.st_mode):
                todo.append(path)
            elif stat.S_ISREG(info.st_mode):
                stamp = info.st_mtime_ns, info.st_size, info.st_ino
                found[path.relative_to(folder).as_posix()] = path, stat.S_IMODE(info.st_mode), stamp
                size += info.st_size
            if size > MOST_BYTES or len(found) > MOST_FILES:
                raise WorkflowError(
                    "worker.files",
                    f"the workflow's folder {folder} has over {MOST_BYTES:,} bytes or {MOST_FILES:,} files, too many to"
                    " be sent to workers",
                )
    return found


def _unreadable(error: OSError) -> WorkflowError:
    return WorkflowError("worker.files", f"cannot send {error.filename}: {(error.strerror or str(error)).lower()}")
