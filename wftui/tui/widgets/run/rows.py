"""Rows of the timeline: steps, and ranges of omitted iterations."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wftui.model.run.paths import iteration_index, owner_path
from wftui.model.run.steps import StepResult


class StepRow(NamedTuple):
    """One row of the timeline; `opens`: the step has children."""

    step: StepResult
    depth: int
    opens: bool
    is_open: bool


RowOf = Callable[[int], StepRow]
"""Makes the row of an iteration from its index."""


@dataclass(frozen=True, slots=True)
class _IterationRange:
    """Consecutive rows of iterations of one step."""

    owner: str
    indices: Sequence[int]
    row_of: RowOf

    def place(self, index: int) -> int | None:
        at = bisect_left(self.indices, index)
        return at if at < len(self.indices) and self.indices[at] == index else None


class RunRows:
    """Rows by number; iterations of a range are created on access."""

    def __init__(self) -> None:
        self._parts: list[list[StepRow] | _IterationRange] = []
        self._starts: list[int] = []
        self._places: dict[str, int] = {}
        self._ranges: dict[str, list[tuple[int, _IterationRange]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> StepRow:
        if not 0 <= number < self._count:
            raise IndexError(number)
        at = bisect_right(self._starts, number) - 1
        part, inside = self._parts[at], number - self._starts[at]
        return part.row_of(part.indices[inside]) if isinstance(part, _IterationRange) else part[inside]

    def __iter__(self) -> Iterator[StepRow]:
        return (self[number] for number in range(self._count))

    def add(self, row: StepRow) -> None:
        """Append a row."""
        part = self._parts[-1] if self._parts else None
        if not isinstance(part, list):
            part = []
            self._begin(part)
        part.append(row)
        self._places[row.step.path] = self._count
        self._count += 1

    def add_range(self, owner: str, indices: Sequence[int], row_of: RowOf) -> None:
        """Append a row for each of these iterations; the indices ascend."""
        if indices:
            iterations = _IterationRange(owner, indices, row_of)
            self._ranges.setdefault(owner, []).append((self._count, iterations))
            self._begin(iterations)
            self._count += len(indices)

    def place(self, path: str) -> int | None:
        """Return the row number of a step, or None."""
        found = self._places.get(path)
        if found is None and path.endswith("]"):
            for start, iterations in self._ranges.get(owner_path(path), ()):
                at = iterations.place(iteration_index(path))
                if at is not None:
                    return start + at
        return found

    def _begin(self, part: list[StepRow] | _IterationRange) -> None:
        self._parts.append(part)
        self._starts.append(self._count)
