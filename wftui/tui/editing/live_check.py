"""Debounced check of a source while it is edited.

One check runs at a time; results for an older text are dropped.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.widget import Widget

from wftui.model.errors import UserError
from wftui.model.listing import WorkflowOutline
from wftui.model.workflow.compilation import CompilationResult
from wftui.tui.background import in_background, once
from wftui.tui.canvas.drawing.icons import register_icons

if TYPE_CHECKING:
    from wftui.workbench import Workbench

QUIET = 0.15
"""Seconds without a key before a source is checked."""

Prepare = Callable[[str, WorkflowOutline | None], None]
"""Prepares in a thread what is shown of a source, given also its outline."""
Checked = Callable[[CompilationResult, WorkflowOutline | None], None]
"""Takes the result for the current source, and its outline if it compiles."""


class LiveCheck:
    """Keeps the compilation result of a changing source up to date."""

    def __init__(
        self,
        owner: Widget,
        workbench: "Workbench",
        workflow_id: str,
        text: Callable[[], str],
        prepare: Prepare,
        checked: Checked,
    ) -> None:
        """Check `text()` in workers of `owner`; pass results to `prepare`, then `checked`."""
        self._prepare = prepare
        self._owner = owner
        self._workbench = workbench
        self._workflow_id = workflow_id
        self._text = text
        self._checked = checked
        self._version = 0
        self._told = 0
        self._is_checking = False
        self._shown: str | None = None
        self._ended = asyncio.Event()
        self._timer: Timer | None = None
        self.took = 0.0
        """Seconds that the last check took."""

    def text_changed(self) -> None:
        """Schedule a check after a pause in typing."""
        self._version += 1
        self._stop_timer()
        self._timer = once(self._owner, QUIET, self.check_now)

    def check_now(self) -> None:
        """Check the current source without waiting for a pause."""
        self._version += 1
        self._stop_timer()
        if not self._is_checking:
            self._is_checking = True
            in_background(self._owner, self._check, group="check")

    @property
    def is_current(self) -> bool:
        """True if the last result is that of the current source."""
        return self._shown is not None and self._shown == self._text()

    async def current(self) -> None:
        """Wait for the result of the current source, without a pause in typing."""
        while not self.is_current:
            if not self._is_checking:
                self.check_now()
            self._ended.clear()
            await self._ended.wait()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    async def _check(self) -> None:
        try:
            while self._told != self._version:
                version, text = self._version, self._text()
                began = self._workbench.elapsed()
                result = await self._workbench.workflows.check(self._workflow_id, text)
                outline = None
                if result.success and version == self._version:
                    try:
                        outline = await self._workbench.workflows.outline(self._workflow_id, text)
                        register_icons(outline.icons)
                    except UserError:
                        outline = None  # the result shows why
                if version == self._version:
                    await asyncio.to_thread(self._prepare, text, outline)
                if version == self._version:
                    self._told, self.took = version, self._workbench.elapsed() - began
                    if text == self._text():  # else the message about the change is still on its way
                        self._shown = text
                        self._checked(result, outline)
        finally:
            self._is_checking = False
            self._ended.set()
