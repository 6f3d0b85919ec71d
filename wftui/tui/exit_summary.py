"""What ran while the screen was open, told in the scrollback after it; and finishing runs once the screen is gone."""

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
from wftui.tui.display.formatting import count

if TYPE_CHECKING:
    from wftui.model.run.record import ExecutionRecord
    from wftui.workbench import Workbench


class ExitMode(Enum):
    """How the screen was left, and what that means for the runs that go on."""

    DONE = "no run goes on"
    FINISH = "runs finish without the screen"
    CANCEL = "runs are cancelled"
    LOST = "the terminal is gone; runs finish without it"


def summary_lines(records: Sequence[ExecutionRecord], *, ascii_only: bool) -> list[str]:
    """One aligned line per run: glyph, workflow, id, status, duration, and the error of a failed one."""
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
    """End a session: let its runs finish (or cancel them), close the workbench, tell what ran.

    While runs finish without the screen, interrupting the program (ctrl+c) cancels them; a terminal that goes away
    does not.
    """
    workbench.retention.tell = lambda report: _say(
        f"{count(report.runs, 'run')} removed that your settings do not keep"
    )
    with _signals(workbench):
        if leaving is ExitMode.LOST:
            _let_go_of_terminal()
        await _end_runs(workbench, leaving)
        records = []
        for run_id in run_ids:
            with contextlib.suppress(NotFoundError):  # removed from the history meanwhile
                records.append(await workbench.runs.record(run_id))
        await workbench.close()
    for line in summary_lines(records, ascii_only=ascii_only):
        _say(line)


async def _end_runs(workbench: Workbench, leaving: ExitMode) -> None:
    going_on = workbench.runs.running()
    if going_on and leaving is ExitMode.CANCEL:
        await asyncio.gather(*(_cancel(workbench, run_id) for run_id in going_on))
    elif going_on:
        _say(f"{count(len(going_on), 'run')} {'goes' if len(going_on) == 1 else 'go'} on; ctrl+c cancels")
    for run_id in going_on:
        try:
            await workbench.runs.wait(run_id)
        except UserError as error:
            _say(str(error))


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
    loop.add_signal_handler(signal.SIGHUP, _let_go_of_terminal)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)


def _let_go_of_terminal() -> None:
    """Put nothing in the place of a terminal that is gone: a write to it would fail, up to the exit code."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
