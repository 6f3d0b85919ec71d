"""Exit summary: end the runs of the session after the app, and list them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from wftui.model.errors import ConflictError, NotFoundError, UserError
from wftui.model.terminal_text import clean_text, without_colours
from wftui.tui.display.formatting import count
from wftui.workbench.forced_exit import ignore_signals, watch_signals

if TYPE_CHECKING:
    from wftui.model.run.record import ExecutionRecord
    from wftui.workbench import Workbench


class ExitMode(Enum):
    """The way the app was left, and the fate of active runs."""

    DONE = "no run is active"
    FINISH = "runs finish without the app"
    CANCEL = "runs are cancelled"
    LOST = "the terminal is gone; runs finish without it"


def summary_lines(records: Sequence[ExecutionRecord], *, ascii_only: bool) -> list[str]:
    """Return a line per run: glyph, workflow, id, status, duration, error."""
    from wftui.model.workflow.durations import format_duration
    from wftui.tui.display.status import look

    width = max((len(record.workflow_id) for record in records), default=0)
    lines = []
    for record in records:
        shown = look(record.status, ascii_only=ascii_only)
        error = f"  {record.error.message.splitlines()[0]}" if record.error and record.error.message else ""
        duration = "" if record.duration is None else format_duration(record.duration / 1000)
        lines.append(f"{shown.glyph} {record.workflow_id:{width}}  {record.id}  {shown.word:11} {duration:>8}{error}")
    return [line.rstrip() for line in lines]


async def finish(workbench: Workbench, run_ids: Sequence[str], leaving: ExitMode, *, ascii_only: bool) -> None:
    """Wait for active runs or cancel them, close the workbench, print the summary.

    While runs finish without the app, ctrl+c cancels them; a lost terminal does not.
    """
    workbench.retention.tell = lambda report: _print(f"{count(report.runs, 'expired run')} removed")
    with _signals(workbench):
        if leaving is ExitMode.LOST:
            _release_terminal()
        await _end_runs(workbench, leaving)
        records = []
        for run_id in run_ids:
            with contextlib.suppress(NotFoundError):  # removed from the history meanwhile
                records.append(await workbench.runs.record(run_id))
        await workbench.close()
    for line in summary_lines(records, ascii_only=ascii_only):
        _print(line)


async def _end_runs(workbench: Workbench, leaving: ExitMode) -> None:
    active = workbench.runs.running()
    if active and leaving is ExitMode.CANCEL:
        await asyncio.gather(*(_cancel(workbench, run_id) for run_id in active))
    elif active:
        _print(f"{count(len(active), 'run')} still active; ctrl+c cancels")
    for run_id in active:
        try:
            await workbench.runs.wait(run_id)
        except UserError as error:
            _print(str(error))


async def _cancel(workbench: Workbench, run_id: str) -> None:
    with contextlib.suppress(ConflictError):  # it has ended meanwhile
        await workbench.runs.cancel(run_id)


@contextlib.contextmanager
def _signals(workbench: Workbench) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    cancels: set[asyncio.Task[None]] = set()

    def cancel_all() -> None:
        cancels.update(loop.create_task(_cancel(workbench, run_id)) for run_id in workbench.runs.running())

    loop.add_signal_handler(signal.SIGINT, cancel_all)
    loop.add_signal_handler(signal.SIGTERM, cancel_all)
    loop.add_signal_handler(signal.SIGHUP, _release_terminal)
    watch_signals()
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
        ignore_signals()


def _release_terminal() -> None:
    """Replace a lost terminal by /dev/null: a write to it would raise until exit."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


def _print(line: str) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(without_colours(clean_text(line)) + "\n")
        sys.stdout.flush()
