"""Plan of a resume or rerun: a decision for each step."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class StepDecision:
    """Decision for a step, or for an item of its forEach, with the reason."""

    path: str
    action: Literal["keep", "run"]
    why: str


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

    @property
    def reused(self) -> list[str]:
        """Paths of the steps whose output is reused."""
        return [decision.path for decision in self.decisions if decision.action == "keep"]
