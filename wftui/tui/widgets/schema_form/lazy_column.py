"""A column of widgets of which the first come at once and the others a few at a time, so that long ones open fast."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

FIRST = 24
"""Widgets that are there from the start: about a screen."""
BATCH = 8
"""Widgets that come together after that; between two batches the screen stays alive."""


class LazyColumn(Vertical):
    """Makes its widgets in order."""

    DEFAULT_CSS = "LazyColumn { height: auto; }"

    def __init__(self, makers: Sequence[Callable[[], Widget]]) -> None:
        super().__init__()
        self._first = makers[:FIRST]
        self._waiting = list(makers[FIRST:])

    def compose(self) -> ComposeResult:
        """The first ones."""
        for make in self._first:
            yield make()

    def on_mount(self) -> None:
        """Let the others follow once the first are painted."""
        if self._waiting:
            self.call_after_refresh(self._mount_more)

    async def _mount_more(self) -> None:
        await self._make(BATCH)
        if self._waiting and self.is_attached:
            self.call_after_refresh(self._mount_more)

    async def complete(self) -> None:
        """Mount all that is still missing, to find something in it."""
        await self._make(len(self._waiting))

    async def _make(self, count: int) -> None:
        now, self._waiting = self._waiting[:count], self._waiting[count:]
        if now and self.is_attached:
            await self.mount_all(make() for make in now)
