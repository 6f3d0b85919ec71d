"""The steps of a run as a tree, and the rows of it that are open: what the timeline shows, without a screen."""

from bisect import insort
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

from wftui.model.execution import ExecutionRecord, StepResult
from wftui.model.iterations import IterationLog
from wftui.model.paths import is_at_or_in, iteration_index, parent_path
from wftui.tui.widgets.run.rows import Rows, StepRow

_READ_BACK = 1_000
"""Iterations that are held after they were read back from the store."""


def title(step: StepResult) -> str:
    """What a step is called in a list: its name, or for an iteration `[3]` and its item."""
    if not step.path.endswith("]"):
        return step.step_name or step.step_id
    index = iteration_index(step.path)
    return f"[{index}] {step.message}" if step.message else f"[{index}]"


class StepTree:
    """The steps of one record by parent; reading on costs what is new.

    Iterations that the record leaves out have rows as well. What is in those is read back when they are looked at.
    """

    def __init__(self, record: ExecutionRecord) -> None:
        self.record = record
        self._children: dict[str | None, list[StepResult]] = {}
        self.version = 0
        """Another number whenever other steps are there, or others are open."""
        self._read = 0
        self._omissions = 0
        self._choice: dict[str, bool] = {}
        self.everything: bool | None = None
        self._read_back: OrderedDict[str, list[StepResult]] = OrderedDict()
        self._placeholders: dict[str, StepResult] = {}

    def read(self) -> None:
        """Take in the steps the record has got, or left out, since the last call."""
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
        """The step at an address, from the record or from what was read back."""
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
        """Whether a step of a row is all that is known so far of an iteration that has to be read back."""
        return step.path not in self._read_back and self.step(step.path) is None

    def take(self, paths: Iterable[str], steps: Sequence[StepResult]) -> None:
        """Iterations were read back: their addresses, and all steps at and inside them."""
        for path in paths:
            self._read_back[path] = [step for step in steps if is_at_or_in(step.path, path)]
            self._placeholders.pop(path, None)
        while len(self._read_back) > _READ_BACK:
            self._read_back.popitem(last=False)
        self.version += 1

    def events_of(self, paths: Iterable[str]) -> tuple[int, int]:
        """Numbers of the events between which all those of some iterations lie: after the one, up to the other."""
        first, last = [], []
        for path in paths:
            log = self.record.index.logs[parent_path(path) or ""]
            first.append(log.first[iteration_index(path)])
            last.append(log.last[iteration_index(path)])
        return min(first) - 1, max(last)

    def children(self, step: StepResult) -> list[StepResult]:
        """The steps right below one; of a forEach or loop that is under way, its iterations only."""
        below = self._children.get(step.path) or self._children_read_back(step)
        if step.iterations is None:
            return below
        return [child for child in below if child.path.endswith("]")]

    def is_open(self, step: StepResult) -> bool:
        """Whether what is below a step is shown: by choice, else containers are and iterations are not."""
        if step.path in self._choice:
            return self._choice[step.path]
        if self.everything is not None:
            return self.everything
        return step.iterations is None and not step.path.endswith("]")

    def open(self, path: str, is_open: bool) -> None:
        """Show or hide what is below a step."""
        self._choice[path] = is_open
        self.version += 1

    def repeats(self) -> None:
        """A step turned out to repeat: its iterations are shown instead of what it declares."""
        self.version += 1

    def open_all(self, is_open: bool | None) -> None:
        """Show or hide what is below every step; None goes back to how it was at first."""
        self._choice.clear()
        self.everything = is_open
        self.version += 1

    def adopt(self, other: "StepTree") -> None:
        """Show and hide what another tree of the same steps does."""
        self._choice, self.everything = dict(other._choice), other.everything
        self.version += 1

    def reveal(self, path: str) -> None:
        """Open everything above a step, so that it has a row."""
        self.version += 1
        above = parent_path(path)
        while above is not None:
            self._choice[above] = True
            above = parent_path(above)

    def rows(self, *, only_failures: bool = False) -> Rows:
        """The rows that are open, in order; or those of the steps that failed and of all above them."""
        kept = self._failed_with_ancestors() if only_failures else None
        rows = Rows()
        stack: list[_Entry] = [(step, 0, None) for step in reversed(self._children.get(None, []))]
        while stack:
            step, depth, left_out = stack.pop()
            if left_out is not None:
                rows.add_stretch(step.path, left_out, partial(self._row_left_out, step, depth))
                continue
            if kept is not None and step.path not in kept:
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
        """What stands below a step that leaves out iterations: those that are held, and the stretches between."""
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
        """The iterations of a step that were read back and are open, so that what is in them has rows too."""
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
        """How the iterations of a step stand, when some of them are left out."""
        if step.iterations is None or not step.iterations.omitted:
            return None
        return self.record.index.logs.get(step.path)

    def _children_read_back(self, step: StepResult) -> list[StepResult]:
        place: str | None = step.path
        while place is not None and place not in self._read_back:
            place = parent_path(place)
        return [] if place is None else [each for each in self._read_back[place] if each.parent == step.path]

    def _failed_with_ancestors(self) -> set[str]:
        kept: set[str] = set()
        failed = [step.path for step in self.record.step_results if step.status == "failed"]
        failed += [path for path, log in self.record.index.logs.items() if log.failed()]
        for path in failed:
            above: str | None = path
            while above is not None and above not in kept:
                kept.add(above)
                above = parent_path(above)
        return kept


_Entry = tuple[StepResult, int, Sequence[int] | None]
"""A step at a depth; or, of that step, the iterations left out of one stretch."""


def _order(step: StepResult) -> int:
    """The place of an iteration among its siblings."""
    return iteration_index(step.path) if step.path.endswith("]") else -1


def _within(indices: Sequence[int], start: int, end: int) -> list[int]:
    return [index for index in indices if start <= index < end]


def asking_step(active: Iterable[StepResult]) -> StepResult | None:
    """The first step, among those at work, that asks a person."""
    return next((step for step in active if step.waiting is not None and step.waiting.reason == "approval"), None)


def current_step(active: Iterable[StepResult]) -> StepResult | None:
    """The step a run is at: one that asks a person, else the innermost one at work that started last."""
    steps = [step for step in active if step.started_at is not None]
    return asking_step(steps) or max(
        steps, key=lambda step: (step.started_at or datetime.min, step.path.count(".")), default=None
    )


def failed_step(record: ExecutionRecord) -> StepResult | None:
    """The step to look at when a run failed: the one its error names, else the innermost that failed unhandled."""
    if record.error is not None and record.error.path:
        named = record.step(record.error.path)
        if named is not None:
            return named
    failed = [step for step in record.step_results if step.status == "failed" and not step.handled]
    return max(failed, key=lambda step: step.path.count(".") + step.path.count("["), default=None)
