"""Plan of a resume or rerun: a decision for each step."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from wftui.model.run.paths import declared_id


@dataclass(frozen=True, slots=True)
class StepDecision:
    """Decision for a step, or for an item of its forEach, with the reason.

    Attributes:
        pool: pool of workers that a step runs in again.
    """

    path: str
    action: Literal["keep", "run"]
    why: str
    pool: str | None = None

    @property
    def note(self) -> str:
        """The reason, and the pool if it has one."""
        return self.why if self.pool is None else f"{self.why}; in pool {self.pool}"

    def to_wire(self) -> dict[str, str]:
        """Return the JSON form."""
        wire = {"path": self.path, "action": self.action, "why": self.why}
        return wire if self.pool is None else {**wire, "pool": self.pool}


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
