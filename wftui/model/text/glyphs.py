"""One glyph per status, for every frontend; glyphs differ without color too."""

import codecs
from collections.abc import Mapping

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


_PLAIN = {"C", "POSIX"}
_COERCED = {"C.UTF-8", "C.utf8", "UTF-8"}
"""Values of `LC_CTYPE` that Python sets as it starts in the locale `C`, whatever the terminal shows."""


def ascii_only(environment: Mapping[str, str], encoding: str | None) -> bool:
    """Return whether only ASCII can be shown, by locale and output encoding."""
    if not environment.get("LC_ALL") and environment.get("LANG") in _PLAIN and environment.get("LC_CTYPE") in _COERCED:
        return True
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), None)
    if locale is not None:
        return "utf8" not in locale.lower().replace("-", "")
    try:
        return codecs.lookup(encoding or "ascii").name != "utf-8"
    except LookupError:
        return True
