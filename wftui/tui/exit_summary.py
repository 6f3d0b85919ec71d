"""Exit summary: end the runs of the session after the app, and list them."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from wftui.model.errors import ConflictError, NotFoundError, UserError
from wftui.model.text.terminal_text import clean_text, without_colors
from wftui.output.output_thread import OutputThread
from wftui.tui.display.formatting import count
from wftui.workbench.forced_exit import call_on_signal, ignore_signals

if TYPE_CHECKING:
    from wftui.model.run.record import ExecutionRecord
    from wftui.workbench.protocols import AnyWorkbench


_PATIENCE = 3.0
"""Seconds to wait for a terminal that reads nothing, once the program is to end."""


class ExitMode(Enum):
    """The way the app was left, and the fate of active runs."""

    DONE = "no run is active"
    FINISH = "runs finish without the app"
    CANCEL = "runs are cancelled"
    CRASHED = "the app has crashed; runs finish without it"
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


async def finish(
    workbench: AnyWorkbench, run_ids: Sequence[str], leaving: ExitMode, output: OutputThread, *, ascii_only: bool
) -> None:
    """Wait for active runs or cancel them, close the workbench, print the summary.

    While runs finish without the app, ctrl+c cancels them; a lost terminal does not. The summary is printed when the
    terminal reads again; a signal ends the wait for that, and a crash waits for seconds only.
    """
    ending = _Ending(workbench, output)
    if workbench.server is None:
        local = workbench.local
        local.retention.report_to(lambda report: ending.print(f"{count(report.runs, 'expired run')} removed"))
        local.notifications.report_to(ending.print)
    with ending.signals():
        if leaving is ExitMode.LOST:
            ending.release_terminal()
        await ending.end_runs(leaving)
        records = []
        for run_id in run_ids:
            with ending.reported(), contextlib.suppress(NotFoundError):  # removed from the history meanwhile
                records.append(await workbench.runs.record(run_id))
        with ending.reported():
            await workbench.close()
        for line in summary_lines(records, ascii_only=ascii_only):
            ending.print(line)
        is_hurried = leaving in {ExitMode.CANCEL, ExitMode.CRASHED}
        await output.drained(patience=lambda: _PATIENCE if is_hurried or ending.was_signalled else math.inf)


class _Ending:
    """The time between the end of the app and that of the program."""

    def __init__(self, workbench: AnyWorkbench, output: OutputThread) -> None:
        self._workbench = workbench
        self._output = output
        self._is_released = False
        self._reported: set[str] = set()
        self.was_signalled = False

    def print(self, line: str) -> None:
        """Print a line, if there is a terminal, without waiting for it."""
        if not self._is_released and sys.__stdout__ is not None:
            encoding = sys.__stdout__.encoding or "utf-8"
            data = f"{without_colors(clean_text(line))}\n".encode(encoding, "backslashreplace")
            self._output.write(sys.__stdout__.fileno(), data)

    async def end_runs(self, leaving: ExitMode) -> None:
        """Wait for the active runs, or cancel them."""
        active = self._workbench.runs.running()
        if active and leaving is ExitMode.CANCEL:
            await asyncio.gather(*map(self._cancel, active))
        elif active:
            self.print(f"{count(len(active), 'run')} still active; ctrl+c cancels")
        for run_id in active:
            with self.reported():
                await self._workbench.runs.wait(run_id)

    async def _cancel(self, run_id: str) -> None:
        with self.reported(), contextlib.suppress(ConflictError):  # it has ended meanwhile
            await self._workbench.runs.cancel(run_id)

    @contextlib.contextmanager
    def reported(self) -> Iterator[None]:
        """Print an error of the database or the server, once for all runs that have it."""
        try:
            yield
        except UserError as error:
            if str(error) not in self._reported:
                self._reported.add(str(error))
                self.print(str(error))

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Cancel the runs at a signal to end, and release the terminal when it hangs up."""
        loop = asyncio.get_running_loop()
        cancels: set[asyncio.Task[None]] = set()

        def cancel_all() -> None:
            self.was_signalled = True
            cancels.update(loop.create_task(self._cancel(run_id)) for run_id in self._workbench.runs.running())

        call_on_signal(signal.SIGINT, cancel_all)
        call_on_signal(signal.SIGTERM, cancel_all)
        call_on_signal(signal.SIGHUP, self.release_terminal)
        try:
            yield
        finally:
            ignore_signals()

    def release_terminal(self) -> None:
        """Replace a lost terminal by /dev/null: a write to it would raise until exit."""
        self._is_released = True
        self._output.discard()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.close(nothing)
