"""One-cell icons of step types, shown while a step has no status.

Those of the built-in types are known before the types are loaded.
"""

from collections.abc import Mapping

_ICONS: dict[str, tuple[str, str]] = {
    "shell": ("$", "$"),
    "python": ("λ", "p"),
    "http": ("↔", "h"),
    "sql": ("∑", "q"),
    "file": ("≡", "f"),
    "set": ("=", "="),
    "assert": ("!", "!"),
    "fail": ("⊗", "x"),
    "delay": ("…", "d"),
    "approval": ("?", "?"),
    "workflow": ("►", "w"),
    "llm": ("*", "*"),
    "mcp": ("♦", "m"),
    "composio": ("♦", "c"),
    "email": ("✉", "@"),
    "template": ("¶", "t"),
    "group": ("□", "g"),
    "switch": ("◊", "s"),
    "loop": ("∞", "l"),
    "race": ("»", "r"),
}
_OTHER = ("•", "o")
_registered: dict[str, tuple[str, str]] = {}


def register_icons(icons: Mapping[str, tuple[str, str]]) -> None:
    """Register icons declared by step types; built-in icons take precedence."""
    _registered.update(icons)


def icon(step_type: str, *, ascii_only: bool = False) -> str:
    """Return the icon of a step type, or a generic one for unknown types."""
    known = _ICONS.get(step_type) or _registered.get(step_type) or _OTHER
    return known[1 if ascii_only else 0]
