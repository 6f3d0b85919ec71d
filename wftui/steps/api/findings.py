"""Findings of step types about steps: notices and repairs."""

from collections.abc import Mapping

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.text.raw_text import KEEP_BRACES, has_foreign_braces, literal_text, with_raw
from wftui.model.workflow.compilation import Severity


@dataclass(frozen=True, slots=True)
class Notice:
    """Diagnostic about a step; `field` is a field of its input, "" for all of it."""

    field: str
    message: str
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True)
class Repair:
    """Correction of an input that `check` rejects.

    Attributes:
        title: what it does, as a command: `pass the values by "env"`.
        changes: fields of the input with the values they get.
    """

    title: str
    changes: Mapping[str, Json]


def raw_repair(field: str, literal_input: Mapping[str, Json], *, only_foreign: bool = True) -> Mapping[str, Repair]:
    """Return the repair that keeps braces as text, for `StepType.repairs`.

    Args:
        only_foreign: offer it only for braces that cannot begin an expression.
    """
    text = literal_input.get(field)
    if not isinstance(text, str) or literal_text(text) is not None or (only_foreign and not has_foreign_braces(text)):
        return {}
    kept = with_raw(text)
    return {field: Repair(KEEP_BRACES, {field: kept})} if kept is not None else {}


def exactly_one_of(*fields: str) -> dict[str, Json]:
    """Return the rule of JSON Schema that an input has exactly one of these fields."""
    return {"oneOf": [{"required": [field]} for field in fields]}
