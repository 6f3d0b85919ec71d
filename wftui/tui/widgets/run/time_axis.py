"""The time axis of the Gantt bars, and the part of the time that they show."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil, floor, log2, log10

from wftui.tui.widgets.run.gantt import Window

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
"""Distances between two ticks that read well, in seconds; below and above: 1, 2 or 5 times a power of ten, of days."""
_TICK, _NARROW_TICK, _NARROW = 10, 7, 40
"""Cells between two ticks at least, also on an axis narrower than the last."""
_DAY = 86_400
_LARGEST = 2**16
_SHORTEST = 0.01
_LENGTHS = 4
"""Lengths of the axis of a live run until it is twice as long."""


@dataclass(frozen=True, slots=True)
class Zoom:
    """A part of the time of a run.

    Attributes:
        factor: how many times shorter than the run it is.
        start: seconds since the run began; None: its end is the end of the run, which may continue.
    """

    factor: int = 1
    start: float | None = None

    def window(self, total: float) -> Window:
        """Return the window of a run of a given length."""
        length = total / self.factor
        start = total - length if self.start is None else max(0.0, min(self.start, total - length))
        return Window(start, length)

    def changed(self, total: float, *, closer: bool, around: float | None) -> "Zoom":
        """Return half or twice the part, with a time in the same place if it is shown."""
        factor = self.factor * 2 if closer else max(1, self.factor // 2)
        if factor == 1:
            return Zoom()
        if factor > _LARGEST or total / factor < _SHORTEST:
            return self
        window, length = self.window(total), total / factor
        middle = window.start + window.length / 2
        fixed = around if around is not None and window.start <= around <= window.end else middle
        share = (fixed - window.start) / window.length if window.length else 0.0
        return Zoom(factor, max(0.0, min(fixed - share * length, total - length)))

    def moved(self, total: float, by: float) -> "Zoom":
        """Return the part that many of its lengths later; the last one follows the run."""
        if self.factor == 1:
            return self
        window = self.window(total)
        start = window.start + by * window.length
        last = total - window.length
        return replace(self, start=None if by > 0 and start >= last else max(0.0, min(start, last)))


def settled(total: float) -> float:
    """Return the length of the axis of a live run, a little longer than it.

    An axis that ends at the newest moment would move all ticks and bars with each second.
    """
    return 2 ** (ceil(_LENGTHS * log2(total)) / _LENGTHS) if total > 0 else total


def axis(window: Window, width: int, gaps: Iterable[float] = (), *, ascii_only: bool = False) -> str:
    """Return the axis of a window in exactly `width` cells: ticks with their times.

    Args:
        gaps: times at which the run was interrupted.
    """
    cells = [" "] * width
    if width <= 0 or window.length <= 0:
        return "".join(cells)
    tick = "|" if ascii_only else "╷"
    step = distance(window.length * (_TICK if width >= _NARROW else _NARROW_TICK) / width)
    number = floor(window.start / step)
    free = 0
    while (time := number * step) <= window.end:
        at = floor((time - window.start) / window.length * width)
        text = tick + short_time(time, step)
        if at >= free and at + len(text) <= width:
            cells[at : at + len(text)] = text
            free = at + len(text) + 1
        number += 1
    for gap in gaps:
        at = floor((gap - window.start) / window.length * width)
        if 0 <= at < width:
            cells[at] = "!" if ascii_only else "‖"
    return "".join(cells)


def distance(least: float) -> float:
    """Return the shortest distance between ticks that reads well, not below `least`."""
    for step in _STEPS:
        if step >= least >= 1:
            return step
    unit = _DAY if least > _DAY else 1.0
    power = 10.0 ** floor(log10(least / unit))
    return unit * next(many * power for many in (1, 2, 5, 10) if many * power >= least / unit * 0.999_999)


def short_time(seconds: float, step: float) -> str:
    """Return a time as exact as the ticks need: `0`, `1.5s`, `2m`, `1h30m`."""
    if seconds == 0:
        return "0"
    if step < 1:
        digits = -floor(log10(step) + 1e-9)
        return f"{seconds:.{digits}f}s" if step >= 0.001 else f"{seconds * 1000:g}ms"
    whole = round(seconds)
    parts = [(whole // _DAY, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "m"), (whole % 60, "s")]
    shown = [f"{number}{unit}" for number, unit in parts if number]
    return "".join(shown[:2])
