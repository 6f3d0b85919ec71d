"""Collections of garbage while no key comes, and after closed screens.

The first of a process visits all that its start has made, which takes as long as three keys. A full one visits every
object of the process, which takes a tenth of a second: a key must not wait for it. A small one visits what was made
since the last full one, among it most of what closed screens leave behind; of an editor, it takes nearly as long.
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
_VERY_MUCH = 6 * _MUCH
"""Those that are collected although keys come."""
_PAUSE = 0.4
"""Seconds without a key after which a small one may begin: it takes as long as two frames."""
_WORKED = 1.0
"""Seconds of CPU after which there may be free memory to give back, whether or not there is garbage."""
_SELDOM = 10
"""The same number for full collections that begin by themselves, should the process never be idle."""


class IdleCollection:
    """Decides when to collect and to give memory back; asked from time to time.

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
        self._cpu_given_back = 0.0
        self._collected: tuple[int, int] | None = None
        self._blocks = sys.getallocatedblocks()
        self._is_started = False

    def key_came(self) -> None:
        """Take a key: the user is working."""
        self._last_key = self._now()
        if not self._is_started:
            self._is_started = True
            _settle_start()

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
            self._give_back(cpu)
            return False
        from wftui.model.json.big_values import collect_all

        collect_all()
        self._is_started = True
        self._give_back(cpu)
        self._blocks = sys.getallocatedblocks()
        first, second, third = gc.get_threshold()
        gc.set_threshold(first, second, max(third, _SELDOM))
        self._collected = _collections()
        return True

    def _give_back(self, cpu: float) -> None:
        """Return free memory to the system, if there may be much by now."""
        if cpu - self._cpu_given_back >= _WORKED:
            from wftui.workbench.c_heap import give_back

            self._cpu_given_back = cpu
            give_back()

    def screen_closed(self) -> float:
        """Collect the garbage of closed screens, once no key comes.

        Very much is collected at once; a little waits for the next full collection.

        Returns:
            Seconds after which to ask again; 0: there is nothing left to do.
        """
        left = sys.getallocatedblocks() - self._blocks
        rest = self._last_key + _PAUSE - self._now()
        if left <= _MUCH:
            return 0
        if rest > 0 and left <= _VERY_MUCH:
            return rest
        from wftui.model.json.big_values import collect_new

        collect_new()
        self._blocks = sys.getallocatedblocks()
        return 0


def _settle_start() -> None:
    """Leave the objects of the start to the first full collection."""
    from wftui.model.json.big_values import settle_objects

    settle_objects()
    gc.collect(0)  # finds nothing, but is the first: afterwards, small ones begin with less to visit (`cli.main`)


def _collections() -> tuple[int, int]:
    """Return the number of collections of the middle and of the old generation so far."""
    _, middle, full = gc.get_stats()
    return middle["collections"], full["collections"]
