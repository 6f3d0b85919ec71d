"""What the steps of one run share: made when first asked for, closed when the last step has ended."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from wftui.steps.api.step_type import Closable

T = TypeVar("T", bound=Closable)


class RunResources:
    """Things by their key."""

    def __init__(self) -> None:
        self._things: dict[str, Closable] = {}

    def keep(self, key: str, make: Callable[[], T]) -> T:
        """The thing of that key; one key always stands for things of one type."""
        if key not in self._things:
            self._things[key] = make()
        return cast("T", self._things[key])

    async def close(self, seconds: float, complain: Callable[[str], Awaitable[None]]) -> None:
        """Close all, the newest first, each within so many seconds; what goes wrong is complained of."""
        while self._things:
            key, thing = self._things.popitem()
            try:
                async with asyncio.timeout(seconds):
                    await thing.aclose()
            except TimeoutError:
                await complain(f"{key} did not close within {seconds:g} s")
            except Exception as error:  # noqa: BLE001  (a plugin's clean-up must not end the run)
                await complain(f"{key} could not be closed: {error}")
