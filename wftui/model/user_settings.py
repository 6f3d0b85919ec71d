"""What a user may set. Plain data without pydantic: every start of the program needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Durability = Literal["normal", "full"]
"""`normal`: what is committed outlives the program and its death. `full`: also a power cut, at the price of a wait for
the disk at each commit."""


@dataclass(frozen=True, slots=True)
class KeepRule:
    """Which finished runs of a workflow stay: those that either bound keeps; all, where there is no bound.

    Attributes:
        days: those that ended within so many days.
        runs: the newest so many.
    """

    days: int | None = None
    runs: int | None = None

    @property
    def keeps_all(self) -> bool:
        """Whether no run ever goes."""
        return self.days is None and self.runs is None


@dataclass(frozen=True, slots=True)
class UserSettings:
    """The settings file, checked.

    Attributes:
        tables, database: absolute paths; None where the file names none.
        keep: for workflows that `workflows` does not name.
        workflows: rules in the place of `keep`, by workflow id.
    """

    tables: Path | None = None
    database: Path | None = None
    durability: Durability = "normal"
    keep: KeepRule = KeepRule()
    workflows: Mapping[str, KeepRule] = field(default_factory=dict)
