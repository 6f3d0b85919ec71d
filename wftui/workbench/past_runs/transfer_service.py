"""Runs as files: export in several formats, import of a run file."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wftui import __version__
from wftui.model.text.commands import shown_command
from wftui.workbench.past_runs.whole_records import whole_record

if TYPE_CHECKING:
    from wftui.model.run.events import Log
    from wftui.store.execution_store import ExecutionStore
    from wftui.workbench.past_runs.record_service import Report

ExportFormat = Literal["run", "html", "ndjson", "otlp"]
SUFFIXES: dict[ExportFormat, str] = {"run": ".wfrun", "html": ".html", "ndjson": ".ndjson", "otlp": ".otlp.json"}
_MOST_LOGS = 100_000
"""Entries of the log in a report."""


class TransferService:
    """`workbench.transfer`: runs are written as stored, with secrets masked.

    Args:
        place: the options that lead a command to the history.
    """

    def __init__(self, store: Callable[[], Awaitable[ExecutionStore]], place: Sequence[str] = ()) -> None:
        self._store = store
        self._place = place

    async def export(self, run_id: str, path: Path, kind: ExportFormat = "run") -> None:
        """Write a run to a new file that only its owner can read.

        Raises:
            NotFoundError: there is no such run.
            UserError: the file exists, or cannot be written.
        """
        store = await self._store()
        if kind == "run":
            from wftui.store.transfer.transfer import export_run

            await export_run(store, run_id, path)
        elif kind == "ndjson":
            await asyncio.to_thread(_write, path, await self._events(store, run_id))
        else:
            await asyncio.to_thread(_write, path, await self._report(store, run_id, kind))

    async def import_file(self, path: Path, report: Report = lambda number, total: None) -> str:
        """Take a run from a run file into the history, marked as imported; return its id.

        Args:
            report: called while events are taken, with their number and that of all, in the thread of the history.

        Raises:
            UserError: the file cannot be used, or the history has the run.
        """
        from wftui.store.transfer.transfer import import_run

        return await import_run(await self._store(), path, report)

    async def _events(self, store: ExecutionStore, run_id: str) -> list[str]:
        lines: list[str] = []
        after = 0
        while page := await store.events(run_id, after=after):
            after = page[-1].seq
            lines += [f"{event.to_json()}\n" for event in page]
        return lines

    async def _report(self, store: ExecutionStore, run_id: str, kind: ExportFormat) -> Iterable[str]:
        record, is_whole = await whole_record(store, run_id)
        left_out = [] if is_whole else ["Only the newest iterations are here: the run has too many events."]
        if kind == "otlp":
            from wftui.model.exports.opentelemetry import otlp_trace

            return [json.dumps(otlp_trace(record, __version__, left_out)), "\n"]
        from wftui.model.exports.html_report import html_report

        logs: list[Log] = []
        async for page in store.log_lines(run_id):
            logs += page
            if len(logs) > _MOST_LOGS:
                command = shown_command(["show", run_id, "--logs"], self._place)
                left_out.append(f"The log continues after {_MOST_LOGS:,} entries: {command}")
                break
        whole = await store.resolve_record(record)
        return html_report(whole, logs[:_MOST_LOGS], await store.source_of(run_id), left_out)


def _write(path: Path, parts: Iterable[str]) -> None:
    from wftui.store.transfer.run_file_lines import RunFileError

    try:
        with open(path, "x", encoding="utf-8", opener=_private) as out:
            out.writelines(parts)
    except FileExistsError:
        raise RunFileError(f"{path} already exists", code="run_file.exists") from None
    except OSError as error:
        raise RunFileError(f"cannot write {path}: {error.strerror or error}", code="run_file.unwritable") from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
