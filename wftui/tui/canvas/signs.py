"""A one-cell sign for each step type, shown where a step has no status yet; signs that nearly every font has."""

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


def sign(step_type: str, ascii_only: bool = False) -> str:
    """The sign of a step type; a common one for the types of plugins."""
    return _SIGNS.get(step_type, _OTHER)[1 if ascii_only else 0]
