"""Measuring and printing: side by side in one run, medians of pairs, ratios."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: the measurement, its baseline and the target."""

    name: str
    value: str
    against: str = ""
    ratio: float | None = None
    aim: float | None = None

    @property
    def verdict(self) -> str:
        """The verdict on the target of the ratio."""
        if self.ratio is None or self.aim is None:
            return ""
        return "ok" if self.ratio <= self.aim else "MISSED"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things measured in turn: A B A B … In seconds."""

    a: list[float]
    b: list[float]

    @property
    def ratio(self) -> float:
        """Median of A/B pair by pair, which holds when the machine's speed drifts."""
        return statistics.median(a / b for a, b in zip(self.a, self.b, strict=True))

    @property
    def median_a(self) -> float:
        """Median of A."""
        return statistics.median(self.a)

    @property
    def median_b(self) -> float:
        """Median of B."""
        return statistics.median(self.b)


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def measure_pair(a: Callable[[], float], b: Callable[[], float], *, rounds: int = 7, warmup: int = 1) -> Pair:
    """Measure two things in turn; each callable returns the seconds it took."""
    for _ in range(warmup):
        a()
        b()
    taken: tuple[list[float], list[float]] = [], []
    for _ in range(rounds):
        taken[0].append(a())
        taken[1].append(b())
    return Pair(*taken)


def print_table(rows: list[Row]) -> None:
    """All rows, aligned."""
    header = ("what", "measured", "against", "ratio", "aim", "")
    cells = [
        (
            row.name,
            row.value,
            row.against,
            "" if row.ratio is None else f"{row.ratio:.2f}",
            "" if row.aim is None else f"<= {row.aim:g}",
            row.verdict,
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in [header, *cells]) for i in range(len(header))]
    for line in [header, *cells]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
