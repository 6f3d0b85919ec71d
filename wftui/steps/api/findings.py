"""Findings of step types about steps: notices and repairs."""

from collections.abc import Mapping
from dataclasses import dataclass

from wftui.model.base import Json
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
