"""Scheduler of one list of steps: dependencies, joins, skips. No clock, no I/O."""

from collections.abc import Mapping, Sequence

from wftui.engine.primitives.outcome import DISABLED, Edge, Skip, after_failure
from wftui.model.data_class import dataclass
from wftui.runtime.plan import StepPlan


@dataclass(frozen=True, slots=True)
class Ready:
    """Step whose dependencies have ended; it is evaluated further, or skipped."""

    step: StepPlan
    skip: Skip | None


class Schedule:
    """Schedule of one list: each step becomes ready once its dependencies have ended.

    All calls together take O(edges).
    """

    def __init__(self, steps: Sequence[StepPlan]) -> None:
        self._steps = {step.id: step for step in steps}
        self._edges: dict[str, Edge] = {}
        self._followers: dict[str, list[str]] = {step.id: [] for step in steps}
        self._open: dict[str, int] = {}
        for step in steps:
            siblings = self._siblings(step)
            self._open[step.id] = len(siblings)
            for sibling in siblings:
                self._followers[sibling].append(step.id)

    def start(self) -> list[Ready]:
        """Return the steps without dependencies, in the order of the list."""
        return [self._ready(step) for step in self._steps.values() if not self._open[step.id]]

    def end(self, step_id: str, edge: Edge) -> list[Ready]:
        """Record the end of a step; return the steps that become ready, in list order."""
        self._edges[step_id] = edge
        ready: list[Ready] = []
        for follower in self._followers[step_id]:
            self._open[follower] -= 1
            if not self._open[follower]:
                ready.append(self._ready(self._steps[follower]))
        return ready

    def _siblings(self, step: StepPlan) -> list[str]:
        return [other for other in dict.fromkeys((*step.needs, *step.after)) if other in self._steps]

    def _ready(self, step: StepPlan) -> Ready:
        skip = decide_join(step, self._edges)
        if step.disabled and not (skip and skip.because_failed):
            skip = DISABLED
        return Ready(step, skip)


def decide_join(step: StepPlan, edges: Mapping[str, Edge]) -> Skip | None:
    """Return the skip that a step's join demands after its dependencies, or None.

    A skipped step in `after` does not count, as that edge is only an order. Dependencies that `edges` lacks (steps of
    another list) do not count either.
    """
    counted = [(other, edges[other]) for other in step.needs if other in edges]
    counted += [
        (other, edges[other])
        for other in step.after
        if other in edges and other not in step.needs and edges[other] != "skipped"
    ]
    failed = next(((other, edge) for other, edge in counted if edge in ("failed", "blocked")), None)
    skipped = next((other for other, edge in counted if edge == "skipped"), None)
    succeeded = next((other for other, edge in counted if edge == "succeeded"), None)
    blocked = _because(failed, skipped)
    match step.join:
        case "all_success":
            return blocked
        case "none_failed":
            return blocked if failed or not succeeded else None
        case "any_success":
            return None if succeeded else blocked
        case "all_done":
            return None
        case "any_failed":
            if failed:
                return None
            if succeeded:
                return Skip(f"needs {succeeded}, which did not fail")
            return blocked or Skip("needs a step that failed, and there is none")


def _because(failed: tuple[str, Edge] | None, skipped: str | None) -> Skip | None:
    if failed:
        name, edge = failed
        return (
            after_failure(name) if edge == "failed" else Skip(f"needs {name}, which was skipped", because_failed=True)
        )
    if skipped:
        return Skip(f"needs {skipped}, which was skipped")
    return None
