"""The names visible to an expression during its evaluation."""

from collections.abc import Mapping
from dataclasses import field

from wftui.model.base import Json
from wftui.model.data_class import dataclass


@dataclass(frozen=True, slots=True)
class StepValues:
    """`steps.<id>` in an expression.

    `error` is in wire form, or None; `big` tells that the output is a big value.
    """

    output: Json = None
    status: str = "pending"
    error: Json = None
    attempts: int = 0
    big: bool = False


class BigValueError(Exception):
    """An expression reads a big value: evaluate it again outside the event loop."""


@dataclass(slots=True)
class Scope:
    """The names of the expression language, for one evaluation.

    Attributes:
        steps: only steps of the same scope and of the scopes around it; by id.
        locals: loop variables by name (`item`, …) and `index`.
        run: `id`, `startedAt`, `attempt`, `workflowId`; in `finally` also `status` and `error`.
        env: only the names the workflow lists.
        patient: evaluation may take long; otherwise reading a big output raises BigValueError.
    """

    inputs: Mapping[str, Json] = field(default_factory=dict)
    steps: Mapping[str, StepValues] = field(default_factory=dict)
    locals: Mapping[str, Json] = field(default_factory=dict)
    run: Mapping[str, Json] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Json] = field(default_factory=dict)
    connection: Mapping[str, Json] = field(default_factory=dict)
    patient: bool = False
