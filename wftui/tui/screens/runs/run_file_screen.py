"""The monitor over a run file, which is never taken into the history."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.model.errors import UserError
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.widgets.run.header import RunHeader
from wftui.tui.widgets.run.state import RunState
from wftui.workbench.file_history import file_workbench, import_beside
from wftui.workbench.read_only import read_only

if TYPE_CHECKING:
    from wftui.workbench.protocols import AnyWorkbench

_REASON = "the run is shown from a file; {history.import} in the history imports it"
_ELSEWHERE = frozenset({"connect", "edit"})
"""Actions on the workspace, which need not be that of the run."""


class FileRunScreen(MonitorScreen):
    """A run of a history that holds only what was in a file."""

    def __init__(self, run_id: str, path: str | None, source: "AnyWorkbench | None", name: str) -> None:
        super().__init__(run_id, path)
        self._source = source
        self._file_name = name

    @property
    def workbench(self) -> "AnyWorkbench":
        """The workbench over the file; that of the app until it is open."""
        return self._source or super().workbench

    def trail(self) -> tuple[str, ...]:
        """Return file and workflow."""
        return ("File", self._file_name, self.state.record.workflow_id or "…")

    def why_not(self, action_id: str) -> str | None:
        """Return why an action needs a run of the history."""
        verb = action_id.partition(".")[2]
        if verb in _ELSEWHERE or any(action.id == action_id and action.changes for action in self.ACTIONS):
            return with_keys(self.app, _REASON)
        if verb == "compare":
            return "the run is shown from a file; `wftui compare` takes run files"
        return super().why_not(action_id)

    def open_run(self, run_id: str, path: str | None = None) -> None:
        """Open another run of the file, or go back to it."""
        below = self.app.screen_stack[-2] if len(self.app.screen_stack) > 1 else None
        if isinstance(below, FileRunScreen) and below.run_id == run_id:
            self.app.pop_screen()
        else:
            self.app.push_screen(FileRunScreen(run_id, path, self._source, self._file_name))


class RunFileScreen(FileRunScreen):
    """The run in a file."""

    def __init__(self, path: Path) -> None:
        super().__init__("", None, None, path.name)
        self._path = path
        self._left = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    def on_unmount(self) -> None:
        """Stop reading, and remove the history of the file."""
        self._left.set()
        if self._keeping is not None and not self._source:
            self._keeping.cancel()

    async def _open(self) -> None:
        """Read the file into a history of its own, then show the run."""
        header = self.query_one(RunHeader)
        header.reading = f"reading {self._path}"
        header.read(self.state)
        opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._keeping = asyncio.create_task(self._keep(opened))
        try:
            self.run_id = await opened
        except UserError as error:
            self.services.show_error(error, "Show file failed")
            if self.is_current:
                self.app.pop_screen()
            return
        header.reading = ""
        self.state = RunState(self.run_id)
        await super()._open()

    def _taking(self, number: int, total: int) -> None:
        if self._left.is_set():
            return
        self.query_one(RunHeader).reading = f"reading {self._path}: {number:,} of {total:,} events"
        self._paint_soon()

    async def _keep(self, opened: "asyncio.Future[str]") -> None:
        """Keep the history of the file until the screen is closed."""
        try:
            async with file_workbench(self.services.workbench.settings) as (workbench, _folder):
                run_id = await import_beside(workbench.settings, self._path, self._taking)
                self._source = read_only(workbench, with_keys(self.app, _REASON))
                if not opened.done():  # else the screen was closed meanwhile
                    opened.set_result(run_id)
                    await self._left.wait()
        except UserError as error:
            if not opened.done():
                opened.set_exception(error)
