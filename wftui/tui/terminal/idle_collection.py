"""Full collections of garbage while no key comes, small ones after closed screens.

A full one visits every object of the process, which takes a tenth of a second: a key must not wait for it. A small one
visits what was made since the last full one, among it most of what closed screens leave behind.
"""

import gc
import sys
import time
from collections.abc import Callable

from wftui.tui.terminal.processor_time import ProcessorTime

_QUIET = 0.7
"""Seconds without a key after which a full collection may begin."""
_BUSY = 0.3
"""Share of a CPU above which the process is not idle: a run has its own garbage, and needs the time.

On a busy machine it is a share of what the process gets, or a run would look idle.
"""
_AFTER = 3
"""Collections of the middle generation after which a full one is worth its time."""
_MUCH = 30_000
"""Allocated blocks more than after the last collection that are worth a small one: an editor has twice as many."""
_SELDOM = 10
"""The same number for full collections that begin by themselves, should the process never be idle."""


class IdleCollection:
    """Decides when to collect; asked from time to time.

    Args:
        now: seconds.
        cpu: seconds of CPU that this process has used.
        granted: the share of CPU time that it asked for and got since the last call.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.process_time,
        granted: Callable[[], float] | None = None,
    ) -> None:
        self._now = now
        self._cpu = cpu
        self._granted = granted or ProcessorTime().share
        self._last_key = self._asked = now()
        self._cpu_asked = cpu()
        self._collected: tuple[int, int] | None = None
        self._blocks = sys.getallocatedblocks()

    def key_came(self) -> None:
        """Take a key: the user is working."""
        self._last_key = self._now()

    def collect_if_idle(self) -> bool:
        """Collect if no key has come for a moment and there may be garbage.

        Returns:
            Whether it did.
        """
        now, cpu = self._now(), self._cpu()
        share = (cpu - self._cpu_asked) / max(now - self._asked, 1e-3)
        self._asked, self._cpu_asked, granted = now, cpu, self._granted()
        middle, full = _collections()
        if self._collected is not None and self._collected[1] != full:
            self._collected = (middle, full)  # one began by itself
        if now - self._last_key < _QUIET or share > _BUSY * granted:
            return False
        if self._collected is not None and middle - self._collected[0] < _AFTER:
            return False
        from wftui.model.json.big_values import collect_all

        collect_all()
        self._blocks = sys.getallocatedblocks()
        first, second, third = gc.get_threshold()
        gc.set_threshold(first, second, max(third, _SELDOM))
        self._collected = _collections()
        return True

    def screen_closed(self) -> None:
        """Collect if closed screens have left much, without waiting for an idle moment."""
        if sys.getallocatedblocks() - self._blocks > _MUCH:
            from wftui.model.json.big_values import collect_new

            collect_new()
            self._blocks = sys.getallocatedblocks()


def _collections() -> tuple[int, int]:
    """Return the number of collections of the middle and of the old generation so far."""
    _, middle, full = gc.get_stats()
    return middle["collections"], full["collections"]
