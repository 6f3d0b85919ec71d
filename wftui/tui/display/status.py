"""Glyph, color and word for each status of a run or a step."""

from typing import NamedTuple, get_args

from wftui.model.run.record import ExecutionStatus
from wftui.model.run.steps import StepStatus
from wftui.model.text.glyphs import GLYPHS, UNKNOWN_GLYPH


class StatusLook(NamedTuple):
    """Glyph, ASCII glyph, theme color, CSS class and word of a status."""

    glyph: str
    ascii: str
    color: str
    style_class: str
    word: str


_COLORS = {
    "pending": "$foreground-muted",
    "running": "$text-primary",
    "waiting": "$text-warning",
    "completed": "$text-success",
    "failed": "$text-error",
    "skipped": "$foreground 38%",
    "cancelled": "$text-accent",
    "interrupted": "$text-warning",
}

ALL_STATUSES: tuple[str, ...] = tuple(dict.fromkeys((*get_args(StepStatus), *get_args(ExecutionStatus))))
"""All statuses that can be shown, those of steps first."""

STATUS: dict[str, StatusLook] = {
    word: StatusLook(*GLYPHS[word], _COLORS[word], f"status--{word}", word) for word in ALL_STATUSES
}
"""Look of every `StepStatus` and `ExecutionStatus`."""

PULSE = ("●", "•", "·", "•")
"""Animation frames of the glyph of a running step."""
PULSE_ASCII = (">", "=")
"""Animation frames in ASCII."""


def look(status: str, *, ascii_only: bool = False) -> StatusLook:
    """Return the look of a status; one of a later version shows its name."""
    found = STATUS.get(status) or StatusLook(*UNKNOWN_GLYPH, _COLORS["pending"], "status--pending", status)
    return found._replace(glyph=found.ascii) if ascii_only else found
