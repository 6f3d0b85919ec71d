"""The steps of a run as a tree, and the rows of it that are open: what the timeline shows, without a screen."""

from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from wftui.model.execution import ExecutionRecord, StepResult


@dataclass(frozen=True, slots=True)
class StepRow:
    """One line of the timeline. `opens`: there is something below it; `is_open`: and it is shown."""

    step: StepResult
    depth: int
    opens: bool
    is_open: bool


def iteration_index(path: str) -> int | None:
    """The index an address ends in: 3 for `build[3]`, None for `build[3].fetch`."""
    return int(path[path.rindex("[") + 1 : -1]) if path.endswith("]") else None


def title(step: StepResult) -> str:
    """What a step is called in a list: its name, or for an iteration `[3]` and its item."""
    index = iteration_index(step.path)
    if index is None:
        return step.step_name or step.step_id
    return f"[{index}] {step.message}" if step.message else f"[{index}]"


class StepTree:
    """The steps of one record by parent. Steps are only ever added, so that reading on costs what is new."""

    def __init__(self, record: ExecutionRecord) -> None:
        self.record = record
        self._children: dict[str | None, list[StepResult]] = {}
        self.version = 0
        """Another number whenever other steps are there, or others are open."""
        self._read = 0
        self._choice: dict[str, bool] = {}
        self.everything: bool | None = None

    def read(self) -> None:
        """Take in the steps the record has got since the last call."""
        new = self.record.step_results[self._read :]
        for step in new:
            siblings = self._children.setdefault(step.parent, [])
            index = iteration_index(step.path)
            if index is not None and siblings and index < (iteration_index(siblings[-1].path) or 0):
                insort(siblings, step, key=lambda sibling: iteration_index(sibling.path) or 0)
            else:
                siblings.append(step)
        self._read += len(new)
        self.version += bool(new)

    def children(self, step: StepResult) -> list[StepResult]:
        """The steps right below one; of a forEach or loop that is under way, its iterations only."""
        below = self._children.get(step.path, [])
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
        step = self.record.step(path)
        self.version += 1
        while step is not None and step.parent is not None:
            self._choice[step.parent] = True
            step = self.record.step(step.parent)

    def rows(self, wanted: Callable[[StepResult], bool] | None = None) -> list[StepRow]:
        """The rows that are open, in order; with `wanted`, those of the steps it names and of all above them."""
        kept = None if wanted is None else self._with_ancestors(wanted)
        rows: list[StepRow] = []
        stack = [(step, 0) for step in reversed(self._children.get(None, []))]
        while stack:
            step, depth = stack.pop()
            if kept is not None and step.path not in kept:
                continue
            below = self.children(step)
            is_open = bool(below) and (kept is not None or self.is_open(step))
            rows.append(StepRow(step, depth, bool(below), is_open))
            if is_open:
                stack.extend((child, depth + 1) for child in reversed(below))
        return rows

    def _with_ancestors(self, wanted: Callable[[StepResult], bool]) -> set[str]:
        kept: set[str] = set()
        for step in self.record.step_results:
            above: StepResult | None = step if wanted(step) else None
            while above is not None and above.path not in kept:
                kept.add(above.path)
                above = self.record.step(above.parent) if above.parent else None
        return kept


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
