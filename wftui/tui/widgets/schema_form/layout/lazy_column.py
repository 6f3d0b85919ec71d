"""Widgets of which the first come at once and the others a few at a time, so that long forms open fast."""

from collections.abc import Callable, Sequence

from textual.containers import Vertical
from textual.widget import Widget

FIRST = 24
"""Widgets that are there from the start: about a screen."""
BATCH = 8
"""Widgets that come together after that; between two batches the screen stays alive."""

Maker = Callable[[], Widget]


class LazyMount:
    """Mounts widgets at the end of a parent, in order."""

    def __init__(self, parent: Widget, makers: Sequence[Maker]) -> None:
        self._parent = parent
        self._waiting = list(makers)

    async def start(self) -> None:
        """Mount the first ones now; the others follow once they are painted."""
        await self._mount(FIRST)
        self._go_on()

    async def complete(self) -> None:
        """Mount all that are still missing, to find something in them."""
        await self._mount(len(self._waiting))

    def _go_on(self) -> None:
        if self._waiting and self._parent.is_attached:
            self._parent.call_after_refresh(self._mount_batch)

    async def _mount_batch(self) -> None:
        await self._mount(BATCH)
        self._go_on()

    async def _mount(self, count: int) -> None:
        now, self._waiting = self._waiting[:count], self._waiting[count:]
        if now and self._parent.is_attached:
            await self._parent.mount_all(make() for make in now)

    def stop(self) -> None:
        """Mount no more: something else is shown in the parent."""
        self._waiting.clear()


class LazyColumn(Vertical):
    """A column that mounts its widgets lazily."""

    DEFAULT_CSS = "LazyColumn { height: auto; }"

    def __init__(self, makers: Sequence[Maker]) -> None:
        super().__init__()
        self._rest = LazyMount(self, makers)

    async def on_mount(self) -> None:
        """Show the first ones."""
        await self._rest.start()

    async def complete(self) -> None:
        """Have all widgets mounted."""
        await self._rest.complete()
