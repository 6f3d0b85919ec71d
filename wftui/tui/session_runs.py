"""Runs of this process while the screens are open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.content import Content
from textual.worker import Worker

from wftui.model.errors import UserError
from wftui.tui.background import in_background
from wftui.tui.services import services_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from wftui.model.run.summary import ExecutionSummary
    from wftui.workbench.protocols import AnyWorkbench

_IDLE_POLLS = 5
"""Checks between two on other processes, while this one has no runs."""
_END_SECONDS = 60.0
"""Time that the end of an awaited run is shown."""


class SessionRuns:
    """Follows the runs of this process, and counts the runs that need a person.

    Attributes:
        ids: the runs of this session, oldest first.
        unrecorded: runs whose events can no longer be stored, with the reason.
    """

    def __init__(self, app: App[Any], workbench: AnyWorkbench, publish: Callable[[str], None]) -> None:
        """Follow runs.

        Args:
            app: shows notices and rings the bell.
            workbench: runs the workflows.
            publish: called with the id of a run that started or ended; empty for other changes.
        """
        self.ids: list[str] = []
        self.unrecorded: dict[str, str] = {}
        self._app = app
        self._workbench = workbench
        self._publish = publish
        self._waiting: set[str] = set()
        self._without_worker: set[str] = set()
        self._awaited: dict[str, Worker[None]] = {}
        self._polls = 0

    def adopt(self, run_id: str) -> None:
        """Announce the end of a run of this process, and list it in the exit summary."""
        if run_id not in self.ids:
            self.ids.append(run_id)
            awaited = self._awaited.get(run_id)
            if awaited is not None and awaited.is_finished:  # it announced an interruption, and the run is resumed here
                del self._awaited[run_id]
            in_background(self._app, partial(self._until_ended, run_id), group="runs")
            self._publish(run_id)

    async def _until_ended(self, run_id: str) -> None:
        try:
            await self._workbench.runs.until_end(run_id)
            run = await self._workbench.records.summary(run_id)
        except UserError as error:
            self.unrecorded[run_id] = str(error)
            services_of(self._app).show_error(error)
        else:
            if run.status == "failed":
                self._notify_failure(run)
        await self.check_attention()
        self._publish(run_id)

    def toggle_awaited(self, run_id: str) -> bool:
        """Announce the end of a run, or no longer; return whether it will be."""
        waits = self._awaited.pop(run_id, None)
        if waits is not None and not waits.is_finished:
            waits.cancel()
            return False
        self._awaited[run_id] = in_background(self._app, partial(self._announce_end, run_id), group="awaited")
        return True

    async def _announce_end(self, run_id: str) -> None:
        runs, records = self._workbench.runs, self._workbench.records
        try:
            await runs.until_end(run_id)
            run = await records.summary(run_id)
        except UserError as error:
            self._awaited.pop(run_id, None)
            services_of(self._app).show_error(error)
            return
        self._app.bell()
        self._app.notify(
            _end_of(run),
            title=f"{run.workflow_id} {run.status}",
            severity="information" if run.status == "completed" else "error",
            timeout=_END_SECONDS,
            markup=False,
        )

    async def poll(self) -> None:
        """Adopt the runs of this process, and check for runs that wait for an answer."""
        running = self._workbench.runs.running()
        for run_id in running:
            self.adopt(run_id)
        self._polls += 1
        if running or not self._polls % _IDLE_POLLS:
            await self.check_attention()

    async def check_attention(self) -> None:
        """Update the numbers of runs that wait for an answer, or for a worker."""
        try:
            queue = await self._workbench.runs.attention()
        except UserError:
            return  # the Workflows screen shows what is wrong with the database
        asking = {item.run.id for item in queue if item.kind == "approval"}
        without = {item.run.id for item in queue if item.kind == "worker"}
        if (asking, without) != (self._waiting, self._without_worker):
            if asking - self._waiting or without - self._without_worker:
                self._app.bell()
            self._waiting, self._without_worker = asking, without
            self._publish("")

    def _notify_failure(self, run: ExecutionSummary) -> None:
        if run.id in self._awaited:
            return
        self._app.bell()
        if getattr(self._app.screen, "run_id", None) != run.id:
            why = run.error.message if run.error else ""
            self._app.notify(why, title=f"{run.workflow_id} failed", severity="error", markup=False)

    def run_counts(self, *, ascii_only: bool) -> Content:
        """Return the numbers of running and waiting runs, for the title line."""
        running, waits = len(self._workbench.runs.running()), "?" if ascii_only else "◔"
        parts = []
        if self._waiting:
            parts.append(Content.styled(f"{waits} {len(self._waiting)} waiting for you", "$text-warning"))
        if self._without_worker:
            parts.append(Content.styled(f"{waits} {len(self._without_worker)} waiting for a worker", "$text-warning"))
        if running:
            parts.append(Content.styled(f"{'>' if ascii_only else '●'} {running} running", "$text-primary"))
        return Content("  ").join(parts)


def _end_of(run: ExecutionSummary) -> str:
    """Return id, duration and error of a run that has ended."""
    from wftui.tui.widgets.run.labels import elapsed, first_line

    took = f" after {elapsed(run.duration / 1000, live=False)}" if run.duration is not None else ""
    why = f": {first_line(run.error.message)}" if run.error is not None else ""
    return f"{run.id}{took}{why}"
