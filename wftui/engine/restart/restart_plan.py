"""Plan of a resume or rerun: a decision for each step."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Literal

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.paths import declared_id, owner_path, without_indices
from wftui.model.workflow.durations import format_duration

_WORTH_NAMING = 1000
"""Milliseconds from which a sentence names the usual time."""
_NAMED = 10
"""Paths that a sentence names."""


@dataclass(frozen=True, slots=True)
class StepDecision:
    """Decision for a step, or for an item of its forEach, with the reason.

    Attributes:
        pool: pool of workers that a step runs in again.
        items: items or iterations that run again.
        had_ended: how many of them had ended.
        effects: steps with `"idempotent": false` that had begun and run again, by path, or as `deploy > pay`.
        usual: how long that usually takes, in milliseconds.
    """

    path: str
    action: Literal["keep", "run"]
    why: str
    pool: str | None = None
    items: int | None = None
    had_ended: int | None = None
    effects: tuple[str, ...] = ()
    usual: float | None = None

    @property
    def note(self) -> str:
        """The reason, what it repeats, and the pool if it has one."""
        parts = [self.why]
        if self.items is not None and self.had_ended:
            parts.append(f"{_counted(self.items)} again, {self.had_ended:,} of them had ended")
        if self.effects:
            parts.append("not idempotent" if self.effects == (self.path,) else f"repeats {_named(self.effects)}")
        if self.pool is not None:
            parts.append(f"in pool {self.pool}")
        return "; ".join(parts)

    def to_wire(self) -> dict[str, Json]:
        """Return the JSON form."""
        wire: dict[str, Json] = {"path": self.path, "action": self.action, "why": self.why}
        more: dict[str, Json] = {
            "pool": self.pool,
            "items": self.items,
            "hadEnded": self.had_ended,
            "effects": list(self.effects) or None,
            "usual": self.usual,
        }
        return {**wire, **{name: value for name, value in more.items() if value is not None}}


def repetition(decisions: Sequence[StepDecision]) -> list[str]:
    """Return what a plan repeats in sentences: ended items, effects, usual time."""
    found = []
    counted = [(each.items, each.had_ended) for each in decisions if each.items is not None and each.had_ended]
    if counted:
        items, ended = map(sum, zip(*counted, strict=True))
        found.append(f"{_counted(items)} again, {ended:,} of them had ended.")
    effects = [path for each in decisions for path in each.effects]
    if effects:
        found.append(f"Not idempotent, and repeated: {_named(effects)}.")
    times = [each.usual for each in decisions if each.usual is not None]
    if sum(times) >= _WORTH_NAMING:
        found.append(f"About {format_duration(sum(times) / 1000)} of work by the usual durations.")
    return found


def with_usual_times(decisions: Sequence[StepDecision], usual: Mapping[str, float]) -> list[StepDecision]:
    """Return decisions to run with how long that usually takes.

    Args:
        usual: median durations in milliseconds, by address without indices.
    """
    running = {each.path: each for each in decisions if each.action == "run"}
    kept_items = Counter(owner_path(each.path) for each in decisions if each.action == "keep" and each.path[-1] == "]")
    holders = {above for path in running for above in _above(path)}
    found = []
    for each in decisions:
        median = usual.get(without_indices(each.path))
        inside = any(
            (holder := running.get(above)) is not None and holder.items is not None for above in _above(each.path)
        )
        if each.action == "keep" or median is None or each.path[-1] == "]" or inside:
            found.append(each)
        elif each.items is not None:
            found.append(replace(each, usual=median * each.items / max(1, each.items + kept_items[each.path])))
        else:
            found.append(each if each.path in holders else replace(each, usual=median))
    return found


def _above(path: str) -> Iterator[str]:
    while path := path[: max(path.rfind("."), path.rfind("["), 0)]:
        yield path


def _counted(items: int) -> str:
    return "1 item runs" if items == 1 else f"{items:,} items run"


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more


@dataclass(frozen=True, slots=True)
class InnerEffect:
    """Step of a sub-workflow with `"idempotent": false` that has begun.

    Attributes:
        caller: path of the step that started the sub-workflow.
        path: of the step, after that of the calling step: `deploy > pay`.
        interrupted: it was running when the process died.
    """

    caller: str
    path: str
    interrupted: bool


@dataclass(slots=True)
class RepeatedWork:
    """Steps that a resume or rerun would repeat, by path.

    The path of a step in a sub-workflow follows that of the calling step: `deploy > pay`.

    Attributes:
        interrupted: not idempotent, and running when the process died.
        masked: completed, with an output that held a secret.
        after_masked: completed, and run again only because they come after a step whose output held a secret.
    """

    interrupted: list[str] = field(default_factory=list)
    masked: list[str] = field(default_factory=list)
    after_masked: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.interrupted or self.masked or self.after_masked)


@dataclass(slots=True)
class RestartPlan:
    """Plan of a resume or rerun, in the order of the workflow.

    Inner steps are listed for a container that is reused in part, and reused items for a forEach that runs again.

    Attributes:
        repeated: work of a rerun that is repeated only because outputs held secrets.
    """

    decisions: list[StepDecision] = field(default_factory=list)
    repeated: RepeatedWork = field(default_factory=RepeatedWork)

    def name_pools(self, pools: Mapping[str, str | None]) -> None:
        """Name the pools of the steps that run, by step id."""
        self.decisions = [
            replace(each, pool=pools.get(declared_id(each.path))) if each.action == "run" else each
            for each in self.decisions
        ]

    @property
    def reused(self) -> list[str]:
        """Paths of the steps whose output is reused."""
        return [decision.path for decision in self.decisions if decision.action == "keep"]
