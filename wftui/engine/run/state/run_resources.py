"""Resources shared by the steps of one run, closed after its last step."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from wftui.steps.api.prepare_context import Closable

T = TypeVar("T", bound=Closable)


class RunResources:
    """Resources by key, created on first use."""

    def __init__(self) -> None:
        self._resources: dict[str, Closable] = {}

    def keep(self, key: str, make: Callable[[], T]) -> T:
        """Return the resource of a key; a key always has one type."""
        if key not in self._resources:
            self._resources[key] = make()
        return cast("T", self._resources[key])

    async def close(self, seconds: float, report: Callable[[str], Awaitable[None]]) -> None:
        """Close all resources, newest first, each within a time limit; report failures."""
        while self._resources:
            key, resource = self._resources.popitem()
            try:
                async with asyncio.timeout(seconds):
                    await resource.aclose()
            except TimeoutError:
                await report(f"{key} did not close within {seconds:g} s")
            except Exception as error:  # noqa: BLE001  (an error in a plugin's cleanup must not fail the run)
                await report(f"{key} could not be closed: {error}")
