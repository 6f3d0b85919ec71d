"""How each status of a run or a step looks: one glyph, one colour, one word, on every screen.

The glyph alone tells the statuses apart, so that nothing is lost without colour; the ASCII form is for terminals whose
locale cannot show the glyphs. Every glyph is one cell wide.
"""

from typing import NamedTuple, get_args

from wftui.model.execution import ExecutionStatus, StepStatus


class StatusLook(NamedTuple):
    """Glyph, its ASCII twin, a colour of the theme (for `Content.styled` and markup), a CSS class, a word."""

    glyph: str
    ascii: str
    color: str
    style_class: str
    word: str


STATUS: dict[str, StatusLook] = {
    "pending": StatusLook("○", ".", "$foreground-muted", "status--pending", "pending"),
    "running": StatusLook("●", ">", "$text-primary", "status--running", "running"),
    "waiting": StatusLook("◔", "?", "$text-warning", "status--waiting", "waiting"),
    "completed": StatusLook("✓", "+", "$text-success", "status--completed", "completed"),
    "failed": StatusLook("✗", "x", "$text-error", "status--failed", "failed"),
    "skipped": StatusLook("⊘", "-", "$foreground-disabled", "status--skipped", "skipped"),
    "cancelled": StatusLook("■", "#", "$text-accent", "status--cancelled", "cancelled"),
    "interrupted": StatusLook("↯", "!", "$text-warning", "status--interrupted", "interrupted"),
}
"""Look of every `StepStatus` and `ExecutionStatus`."""

PULSE = ("●", "◉", "○", "◉")
"""Frames of a running step's glyph, where animation is wanted."""
PULSE_ASCII = (">", "-")
"""The same in ASCII."""

ALL_STATUSES: tuple[str, ...] = tuple(dict.fromkeys((*get_args(StepStatus), *get_args(ExecutionStatus))))
"""Every status that may have to be shown, steps' first."""


def look(status: str, ascii: bool = False) -> StatusLook:  # noqa: A002 - says what it gives
    """The look of a status; with `ascii`, the glyph is the ASCII one. Raises KeyError for a word that is no status."""
    found = STATUS[status]
    return found._replace(glyph=found.ascii) if ascii else found
