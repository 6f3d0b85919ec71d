"""One glyph per status, for every frontend; glyphs differ without colour too."""

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
