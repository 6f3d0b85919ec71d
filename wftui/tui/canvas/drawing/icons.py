"""A one-cell sign for each step type, shown where a step has no status yet; signs that nearly every font has."""

from collections.abc import Mapping

_SIGNS: dict[str, tuple[str, str]] = {
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
_learned: dict[str, tuple[str, str]] = {}


def learn(icons: Mapping[str, tuple[str, str]]) -> None:
    """Take note of the icons that step types have themselves, which are those of all types not listed here."""
    _learned.update(icons)


def sign(step_type: str, *, ascii_only: bool = False) -> str:
    """The sign of a step type; a common one for a type of which nothing is known yet."""
    known = _SIGNS.get(step_type) or _learned.get(step_type) or _OTHER
    return known[1 if ascii_only else 0]
