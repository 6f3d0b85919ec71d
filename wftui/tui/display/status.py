"""How each status of a run or a step looks on the screens: the common glyph, a colour of the theme, a word."""

from typing import NamedTuple, get_args

from wftui.model.glyphs import GLYPHS
from wftui.model.run.record import ExecutionStatus
from wftui.model.run.steps import StepStatus


class StatusLook(NamedTuple):
    """Glyph, its ASCII twin, a colour of the theme (for `Content.styled` and markup), a CSS class, a word."""

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
"""Every status that may have to be shown, steps' first."""

STATUS: dict[str, StatusLook] = {
    word: StatusLook(*GLYPHS[word], _COLORS[word], f"status--{word}", word) for word in ALL_STATUSES
}
"""Look of every `StepStatus` and `ExecutionStatus`."""

PULSE = ("●", "•", "·", "•")
"""Frames of a running step's glyph, where animation is wanted."""
PULSE_ASCII = (">", "-")
"""The same in ASCII."""


def look(status: str, *, ascii_only: bool = False) -> StatusLook:
    """The look of a status, with the glyph in ASCII where that is asked.

    Raises:
        KeyError: the word is no status.
    """
    found = STATUS[status]
    return found._replace(glyph=found.ascii) if ascii_only else found
