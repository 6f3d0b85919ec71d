"""A one-cell icon for each step type, shown where a step has no status yet; signs that nearly every font has."""

from collections.abc import Mapping

_ICONS: dict[str, tuple[str, str]] = {
    "shell": ("$", "$"),
    "python": ("λ", "p"),
    "http": ("↔", "h"),
    "sql": ("∑", "q"),
    "file": ("≡", "f"),
    "set": ("=", "="),
    "assert": ("!", "!"),
    "delay": ("…", "d"),
    "approval": ("?", "?"),
    "workflow": ("►", "w"),
    "llm": ("*", "*"),
    "mcp": ("♦", "m"),
    "composio": ("♦", "c"),
    "group": ("□", "g"),
    "switch": ("◊", "s"),
    "loop": ("∞", "l"),
}
_OTHER = ("•", "o")
_registered: dict[str, tuple[str, str]] = {}


def register_icons(icons: Mapping[str, tuple[str, str]]) -> None:
    """Take note of the icons that step types have themselves, which are those of all types not listed here."""
    _registered.update(icons)


def icon(step_type: str, *, ascii_only: bool = False) -> str:
    """The icon of a step type; a common one for a type of which nothing is known yet."""
    known = _ICONS.get(step_type) or _registered.get(step_type) or _OTHER
    return known[1 if ascii_only else 0]
