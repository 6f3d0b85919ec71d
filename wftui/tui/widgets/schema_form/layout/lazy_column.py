"""Lazy mounting: the first widgets at once, others in batches."""

from collections.abc import Callable, Sequence

from textual.containers import Vertical
from textual.widget import AwaitMount, Widget

FIRST = 24
"""Number of widgets mounted at once: about a screen."""
BATCH = 8
"""Number of widgets per batch; the screen stays responsive in between."""

Maker = Callable[[], Widget]


class LazyMount:
    """Mounts widgets at the end of a parent, in order."""

    def __init__(self, parent: Widget, makers: Sequence[Maker]) -> None:
        self._parent = parent
        self._waiting = list(makers)
        self._mounting: list[AwaitMount] = []

    async def start(self) -> None:
        """Mount the first widgets now, others after they are painted."""
        await self._mount(FIRST)
        self._go_on()

    async def complete(self) -> None:
        """Mount all remaining widgets, and wait for those being mounted."""
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
            self._mounting.append(self._parent.mount_all(make() for make in now))
        # Others may wait for the same widgets, and a worker that waits may be cancelled.
        for mounting in tuple(self._mounting):
            await mounting
            if mounting in self._mounting:
                self._mounting.remove(mounting)

    def stop(self) -> None:
        """Cancel the remaining widgets."""
        self._waiting.clear()


class LazyColumn(Vertical):
    """A column that mounts its widgets lazily."""

    DEFAULT_CSS = "LazyColumn { height: auto; }"

    def __init__(self, makers: Sequence[Maker]) -> None:
        super().__init__()
        self._rest = LazyMount(self, makers)

    async def on_mount(self) -> None:
        """Start mounting."""
        await self._rest.start()

    async def complete(self) -> None:
        """Mount all remaining widgets."""
        await self._rest.complete()
