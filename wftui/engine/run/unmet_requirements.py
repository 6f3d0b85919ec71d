"""Unmet requirements of a run, and the error that names all of them."""

from collections.abc import Iterable, Set
from dataclasses import field

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.errors import UserError
from wftui.model.run.actions import UNRESOLVED
from wftui.model.run.steps import ExecutionError
from wftui.runtime.plan import StepPlan
from wftui.runtime.workflow_errors import WorkflowError


class UnresolvedError(UserError):
    """A run cannot continue because a requirement is missing."""

    code = UNRESOLVED


@dataclass(slots=True)
class UnmetRequirement:
    """Missing requirement, with the steps that need it."""

    error: WorkflowError
    steps: list[str] = field(default_factory=list)
    only: StepPlan | None = None

    @property
    def command(self) -> str | None:
        """Command that provides it, if there is one."""
        details = self.error.details
        return details.get("command") if isinstance(details, dict) else None

    @property
    def sentence(self) -> str:
        """Sentence with the steps, the problem and the command."""
        helps = f" ({self.command})" if self.command and self.command not in self.error.message else ""
        return f"{', '.join(self.steps)}: {self.error.message.rstrip('.')}{helps}"

    def to_wire(self) -> dict[str, Json]:
        """Return the entry for the details of the run's error."""
        details = self.error.details if isinstance(self.error.details, dict) else {}
        return {**details, "type": self.error.type, "message": self.error.message, "steps": list(self.steps)}


def unknown_name(name: str, other: str, known: Set[str]) -> UnmetRequirement:
    """Return the entry for a chosen connection whose name no workflow of the run has."""
    there = f"the connections named are {', '.join(sorted(known))}" if known else "it names no connection at all"
    message = f"the workflow names no connection {name!r} that {other!r} could replace: {there}"
    return UnmetRequirement(WorkflowError("connection.name", message), [f"--connection {name}={other}"])


def merge(missing: Iterable[UnmetRequirement]) -> list[UnmetRequirement]:
    """Merge equal missing requirements of several steps."""
    found: dict[tuple[str, str], UnmetRequirement] = {}
    for item in missing:
        first = found.setdefault((item.error.type, item.error.message), item)
        if first is not item:
            first.steps += [label for label in item.steps if label not in first.steps]
            first.only = None
    return list(found.values())


def preflight_error(missing: list[UnmetRequirement]) -> ExecutionError:
    """Return the error of a run that cannot start, with one requirement or more."""
    if len(missing) == 1:
        message = f"the run cannot start: {missing[0].sentence}"
    else:
        message = "\n  ".join(["the run cannot start; missing:", *(item.sentence for item in missing)])
    step = missing[0].only if len(missing) == 1 else None
    place: dict[str, Json] = {}
    if step is not None:
        place = {"step_id": step.id, "pointer": step.pointer or None, "line": step.line}
    return ExecutionError(
        type=UNRESOLVED, message=message, details={"missing": [item.to_wire() for item in missing]}, **place
    )
