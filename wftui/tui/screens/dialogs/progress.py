"""Work that takes time: how far it is, and Escape to stop it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from wftui.model.errors import UserError
from wftui.tui.background import in_background
from wftui.tui.services import AppServices

Tell = Callable[[str], None]
"""Shows how far the work is; any thread may call it."""
_LOOK_SECONDS = 0.1


class ProgressScreen(ModalScreen[UserError | None]):
    """Does some work; returns its error, or None when it is done or was stopped.

    Args:
        title: what is done.
        work: the work, which is cancelled when the user stops it.
    """

    DEFAULT_CSS = """
    ProgressScreen {
        .dialog { width: 60; }
        Static { height: auto; margin-bottom: 1; }
        Button { min-width: 8; padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "stop", "Stop")]

    def __init__(self, title: str, work: Callable[[Tell], Awaitable[None]]) -> None:
        super().__init__()
        self._heading = title
        self._work = work
        self._sentence = "…"

    def compose(self) -> ComposeResult:
        """Yield the sentence and the button."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = "esc stops"
            yield Static(self._sentence, markup=False)
            yield Button("Stop", compact=True)

    def on_mount(self) -> None:
        """Begin."""
        self._doing = in_background(self, self._do, group="work")
        self.set_interval(_LOOK_SECONDS, self._show)

    async def _do(self) -> None:
        try:
            await self._work(self._tell)
        except UserError as error:
            self.dismiss(error)
        except asyncio.CancelledError:
            if self.is_current:
                self.dismiss(None)
            raise
        else:
            self.dismiss(None)

    def _tell(self, sentence: str) -> None:
        self._sentence = sentence

    def _show(self) -> None:
        line = self.query_one(Static)
        if line.content != self._sentence:
            line.update(self._sentence)

    @on(Button.Pressed)
    def _pressed(self) -> None:
        self.action_stop()

    def action_stop(self) -> None:
        """Cancel the work, and close when it has ended."""
        self._tell("stopping…")
        self._show()
        self._doing.cancel()


async def with_progress(services: AppServices, title: str, work: Callable[[Tell], Awaitable[None]]) -> None:
    """Do some work while a dialog shows how far it is; Escape stops it.

    Raises:
        UserError: that of the work.
    """
    error = await services.push_screen_wait(ProgressScreen(title, work))
    if error is not None:
        raise error
