"""What an expression can see while it is evaluated."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wftui.model.base import Json


@dataclass(frozen=True, slots=True)
class StepView:
    """`steps.<id>` in an expression. `error` is the wire form of its error, or None; `big` is said of the output."""

    output: Json = None
    status: str = "pending"
    error: Json = None
    attempts: int = 0
    big: bool = False


class BigValueError(Exception):
    """An expression reads a big value: it is to be evaluated again, where it may take its time."""


@dataclass(slots=True)
class Scope:
    """The names of the expression language, for one evaluation.

    Attributes:
        steps: only steps of the same scope and of the scopes around it; by id.
        locals: loop variables by name (`item`, …) and `index`.
        run: `id`, `startedAt`, `attempt`, `workflowId`.
        env: only the names the workflow lists.
        patient: evaluation may take its time; otherwise reading a big output raises BigValueError.
    """

    inputs: Mapping[str, Json] = field(default_factory=dict)
    steps: Mapping[str, StepView] = field(default_factory=dict)
    locals: Mapping[str, Json] = field(default_factory=dict)
    run: Mapping[str, Json] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Json] = field(default_factory=dict)
    connection: Mapping[str, Json] = field(default_factory=dict)
    patient: bool = False
