"""What an expression can see while it is evaluated."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wftui.model.base import Json


@dataclass(frozen=True, slots=True)
class StepView:
    """`steps.<id>` in an expression. `error` is the wire form of the step's error, or None."""

    output: Json = None
    status: str = "pending"
    error: Json = None
    attempts: int = 0


@dataclass(slots=True)
class Scope:
    """The names of the expression language, for one evaluation.

    Attributes:
        steps: only steps of the same scope and of the scopes around it; by id.
        locals: loop variables by name (`item`, …) and `index`.
        run: `id`, `startedAt`, `attempt`, `workflowId`.
        env: only the names the workflow lists.
    """

    inputs: Mapping[str, Json] = field(default_factory=dict)
    steps: Mapping[str, StepView] = field(default_factory=dict)
    locals: Mapping[str, Json] = field(default_factory=dict)
    run: Mapping[str, Json] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Json] = field(default_factory=dict)
    connection: Mapping[str, Json] = field(default_factory=dict)
