"""The step tree of a run and its expanded rows, independent of widgets."""

from bisect import insort
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Literal

from wftui.model.run.iterations import IterationLog
from wftui.model.run.paths import is_at_or_in, iteration_index, parent_path
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult
from wftui.tui.widgets.run.rows import RunRows, StepRow

Only = Literal["failures", "slow"]
"""The only steps to show, with their ancestors."""

_READ_BACK = 1_000
"""Maximum number of loaded iterations held."""


def title(step: StepResult) -> str:
    """Return the display name of a step: its name, or `[3]` and the item."""
    if not step.path.endswith("]"):
        return step.step_name or step.step_id
    index = iteration_index(step.path)
    return f"[{index}] {step.message}" if step.message else f"[{index}]"


class StepTree:
    """The steps of one record by parent, updated incrementally.

    Iterations omitted from the record have rows too; their contents are loaded when they come into view.
    """

    def __init__(self, record: ExecutionRecord) -> None:
        self.record = record
        self._children: dict[str | None, list[StepResult]] = {}
        self.version = 0
        """Incremented whenever steps are added, expanded or collapsed."""
        self._read = 0
        self._omissions = 0
        self._choice: dict[str, bool] = {}
        self.everything: bool | None = None
        self._read_back: OrderedDict[str, list[StepResult]] = OrderedDict()
        self._placeholders: dict[str, StepResult] = {}

    def read(self) -> None:
        """Add the steps that the record gained or omitted since the last call."""
        if self._omissions != self.record.index.omissions:
            self._omissions, self._read = self.record.index.omissions, 0
            self._children.clear()
        new = self.record.step_results[self._read :]
        for step in new:
            siblings = self._children.setdefault(step.parent, [])
            if step.path.endswith("]") and siblings and _order(step) < _order(siblings[-1]):
                insort(siblings, step, key=_order)
            else:
                siblings.append(step)
        self._read += len(new)
        self.version += bool(new)

    def step(self, path: str) -> StepResult | None:
        """Return a step from the record or from loaded iterations."""
        held = self.record.step(path)
        if held is not None:
            return held
        place: str | None = path
        while place is not None:
            for step in self._read_back.get(place, ()):
                if step.path == path:
                    return step
            place = parent_path(place)
        return None

    def is_missing(self, step: StepResult) -> bool:
        """Return whether a step is the placeholder of an iteration not loaded yet."""
        return step.path not in self._read_back and self.step(step.path) is None

    def take(self, paths: Iterable[str], steps: Sequence[StepResult]) -> None:
        """Add loaded iterations: their paths and all steps at and inside them."""
        for path in paths:
            self._read_back[path] = [step for step in steps if is_at_or_in(step.path, path)]
            self._placeholders.pop(path, None)
        while len(self._read_back) > _READ_BACK:
            self._read_back.popitem(last=False)
        self.version += 1

    def events_of(self, paths: Iterable[str]) -> tuple[int, int]:
        """Return the range of event numbers that covers some iterations."""
        first, last = [], []
        for path in paths:
            log = self.record.index.logs[parent_path(path) or ""]
            first.append(log.first[iteration_index(path)])
            last.append(log.last[iteration_index(path)])
        return min(first) - 1, max(last)

    def children(self, step: StepResult) -> list[StepResult]:
        """Return the children of a step; of a started loop, its iterations only."""
        below = self._children.get(step.path) or self._children_read_back(step)
        if step.iterations is None:
            return below
        return [child for child in below if child.path.endswith("]")]

    def is_open(self, step: StepResult) -> bool:
        """Return whether a step is expanded; containers are by default."""
        if step.path in self._choice:
            return self._choice[step.path]
        if self.everything is not None:
            return self.everything
        return step.iterations is None and not step.path.endswith("]")

    def open(self, path: str, is_open: bool) -> None:
        """Expand or collapse a step."""
        self._choice[path] = is_open
        self.version += 1

    def repeats(self) -> None:
        """Note that a step repeats: iterations replace its declared contents."""
        self.version += 1

    def open_all(self, is_open: bool | None) -> None:
        """Expand or collapse every step; None restores the defaults."""
        self._choice.clear()
        self.everything = is_open
        self.version += 1

    def adopt(self, other: "StepTree") -> None:
        """Copy the expanded state of another tree."""
        self._choice, self.everything = dict(other._choice), other.everything
        self.version += 1

    def reveal(self, path: str) -> None:
        """Expand all ancestors of a step."""
        self.version += 1
        above = parent_path(path)
        while above is not None:
            self._choice[above] = True
            above = parent_path(above)

    def rows(
        self, *, only: "Only | None" = None, is_slow: Callable[[StepResult], bool] = lambda _step: False
    ) -> RunRows:
        """Return the visible rows, or those of failed or slow steps and their ancestors."""
        kept = (
            None
            if only is None
            else self._with_ancestors(self._failed() if only == "failures" else self._slow(is_slow))
        )
        only_failures = kept is not None
        rows = RunRows()
        stack: list[_Entry] = [(step, 0, None) for step in reversed(self._children.get(None, []))]
        while stack:
            step, depth, left_out = stack.pop()
            if left_out is not None:
                rows.add_range(step.path, left_out, partial(self._row_left_out, step, depth))
                continue
            if kept is not None and step.path not in kept:
                continue
            if step.iterations is None and step.path not in self._children and not self._read_back:
                rows.add(StepRow(step, depth, opens=False, is_open=False))
                continue
            below, log = self.children(step), self._log(step)
            opens = bool(below) or log is not None
            is_open = opens and (kept is not None or self.is_open(step))
            rows.add(StepRow(step, depth, opens, is_open))
            if is_open and log is not None:
                stack += reversed(list(self._entries(step, below, log, depth + 1, only_failures)))
            elif is_open:
                stack += [(child, depth + 1, None) for child in reversed(below)]
        return rows

    def _entries(
        self, step: StepResult, below: list[StepResult], log: IterationLog, depth: int, only_failures: bool
    ) -> "Iterator[_Entry]":
        """Yield the held iterations of a step and the ranges between them."""
        failed = log.failed() if only_failures else []
        opened = [] if only_failures else self._opened(step, log)
        start = 0
        for child in sorted([*below, *opened], key=_order):
            index = _order(child)
            yield step, depth, _within(failed, start, index) if only_failures else log.omitted(start, index)
            yield child, depth, None
            start = index + 1
        yield (
            step,
            depth,
            _within(failed, start, len(log.states)) if only_failures else log.omitted(start, len(log.states)),
        )

    def _opened(self, step: StepResult, log: IterationLog) -> list[StepResult]:
        """Return the loaded and expanded iterations of a step."""
        return [
            steps[0]
            for path, steps in self._read_back.items()
            if steps
            and self._choice.get(path)
            and parent_path(path) == step.path
            and log.is_omitted(iteration_index(path))
        ]

    def _row_left_out(self, owner: StepResult, depth: int, index: int) -> StepRow:
        path = f"{owner.path}[{index}]"
        steps = self._read_back.get(path)
        if steps:
            return StepRow(steps[0], depth, bool(self.children(steps[0])), is_open=False)
        known = self._placeholders.get(path)
        if known is None:
            if len(self._placeholders) > _READ_BACK:
                self._placeholders.clear()
            known = self._placeholders[path] = StepResult(
                path=path,
                step_id=owner.step_id,
                step_name=owner.step_name,
                step_type=owner.step_type,
                parent=owner.path,
                status=self.record.index.logs[owner.path].status(index),
            )
        inner = any(not child.path.endswith("]") for child in self._children.get(owner.path, ()))
        return StepRow(known, depth, inner, is_open=False)

    def _log(self, step: StepResult) -> IterationLog | None:
        """Return the iteration log of a step that omits iterations."""
        if step.iterations is None or not step.iterations.omitted:
            return None
        return self.record.index.logs.get(step.path)

    def _children_read_back(self, step: StepResult) -> list[StepResult]:
        if not self._read_back:
            return []
        place: str | None = step.path
        while place is not None and place not in self._read_back:
            place = parent_path(place)
        return [] if place is None else [each for each in self._read_back[place] if each.parent == step.path]

    def _failed(self) -> list[str]:
        failed = [step.path for step in self.record.step_results if step.status == "failed"]
        return failed + [path for path, log in self.record.index.logs.items() if log.failed()]

    def _slow(self, is_slow: Callable[[StepResult], bool]) -> list[str]:
        return [step.path for step in self.record.step_results if is_slow(step)]

    def _with_ancestors(self, paths: Iterable[str]) -> set[str]:
        kept: set[str] = set()
        for path in paths:
            above: str | None = path
            while above is not None and above not in kept:
                kept.add(above)
                above = parent_path(above)
        return kept


_Entry = tuple[StepResult, int, Sequence[int] | None]
"""A step at a depth; with indices, a range of its omitted iterations."""


def _order(step: StepResult) -> int:
    """Return the sort key of an iteration among its siblings."""
    return iteration_index(step.path) if step.path.endswith("]") else -1


def _within(indices: Sequence[int], start: int, end: int) -> list[int]:
    return [index for index in indices if start <= index < end]


def asking_step(active: Iterable[StepResult]) -> StepResult | None:
    """Return the first active step that waits for an approval."""
    return next((step for step in active if step.waiting is not None and step.waiting.reason == "approval"), None)


def current_step(active: Iterable[StepResult]) -> StepResult | None:
    """Return the current step: one awaiting approval, else the latest innermost."""
    steps = [step for step in active if step.started_at is not None]
    return asking_step(steps) or max(
        steps, key=lambda step: (step.started_at or datetime.min, step.path.count(".")), default=None
    )


def failed_step(record: ExecutionRecord) -> StepResult | None:
    """Return the failed step to show: the one named by the error, else innermost."""
    if record.error is not None and record.error.path:
        named = record.step(record.error.path)
        if named is not None:
            return named
    failed = [step for step in record.step_results if step.status == "failed" and not step.handled]
    return max(failed, key=lambda step: step.path.count(".") + step.path.count("["), default=None)
