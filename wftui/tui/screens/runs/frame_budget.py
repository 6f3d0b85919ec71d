"""Budget of the monitor's frames: a share of a CPU, however many events arrive."""

import asyncio
import time
from collections.abc import Callable

from wftui.tui.terminal.processor_time import ProcessorTime

FRAMES_PER_SECOND = 20
"""Most updates of the monitor."""
SHARE = 0.08
"""Share of a CPU that the thread of the screen may use while a run storms."""
_CREDIT = 0.04
"""Seconds of CPU that may be used at once, so that short runs are painted as they go: that of three or four frames."""
_LONGEST = 1.0
"""Seconds that a frame waits at most, whatever keys and other screens have used meanwhile."""
_CALM = 0.5
"""Seconds between two checks for spare time."""
_LOOKS = 10
_LEAST = 0.01
"""Least share of CPU time that counts as got."""

Seconds = Callable[[], float]


class FrameBudget:
    """Counts what the screen's thread uses: for the fold, for frames and for keys.

    Keys and their frames wait for nothing; a run whose frames would come too late is painted less often.

    Args:
        clock: seconds.
        cpu: seconds of CPU that this thread has used.
        granted: the share of CPU time that this process asked for and got since the last call.
    """

    def __init__(
        self, clock: Seconds = time.monotonic, cpu: Seconds = time.thread_time, granted: Seconds | None = None
    ) -> None:
        self._clock = clock
        self._cpu = cpu
        self._granted = granted or ProcessorTime().share
        self._share = 1.0
        self._painted: float | None = None
        self._at = self._used = 0.0
        self._credit = _CREDIT

    def paint(self) -> None:
        """Note that a frame is painted."""
        self._share = self._granted()
        self._count()
        self._painted = self._clock()

    def pause(self, *, hurry: bool = False) -> float:
        """Return the seconds until the next frame.

        Args:
            hurry: the frame is one of few, such as that of the end of a run.
        """
        if self._painted is None:
            return 0.0
        self._count()
        wait = self._painted + 1 / FRAMES_PER_SECOND - self._clock()
        if self._credit < 0 and not hurry:
            wait = max(
                wait, min(-self._credit / (SHARE * max(self._share, _LEAST)), self._painted + _LONGEST - self._clock())
            )
        return max(0.0, wait)

    async def until_calm(self, storms: Callable[[], bool]) -> None:
        """Wait a few seconds at most for time that no frame needs.

        Args:
            storms: whether there may be more events soon.
        """
        for _ in range(_LOOKS):
            if not storms():
                return
            await asyncio.sleep(_CALM)
            self._count()
            if self._credit >= 0:
                return

    def _count(self) -> None:
        now, used = self._clock(), self._cpu()
        if self._painted is not None:
            earned = SHARE * self._share * (now - self._at) - (used - self._used)
            self._credit = max(-SHARE * _LONGEST, min(_CREDIT, self._credit + earned))
        self._at, self._used = now, used
