"""One glyph per status, for every face; the glyph alone tells the statuses apart, so nothing is lost without colour."""

GLYPHS: dict[str, tuple[str, str]] = {
    "pending": ("○", "."),
    "running": ("●", ">"),
    "waiting": ("◔", "?"),
    "completed": ("✓", "+"),
    "failed": ("✗", "x"),
    "skipped": ("⊘", "-"),
    "cancelled": ("■", "#"),
    "interrupted": ("↯", "!"),
}
"""Glyph and its ASCII twin, one cell wide each, of every `StepStatus` and `ExecutionStatus`."""

UNKNOWN_GLYPH = ("◇", "~")
"""Glyph of a status that a later version added."""
