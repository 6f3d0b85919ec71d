"""Styles of the canvas and the step list: component classes and their CSS."""

from wftui.tui.display.status import STATUS

_TINTED = {"running": "$primary", "waiting": "$warning", "failed": "$error"}
"""Statuses that color the whole step because they need attention."""
_QUIET = {"pending": "$foreground-muted", "skipped": "$foreground 38%", "cancelled": "$foreground-muted"}


def _rules() -> dict[str, str]:
    rules = {
        "step--edge": "color: $foreground 35%;",
        "step--edge-lit": "color: $foreground; text-style: bold;",
        "step--edge-text": "color: $foreground-muted; text-style: italic;",
        "step--type": "color: $foreground-muted;",
        "step--detail": "color: $foreground-muted;",
        "step--cursor": "background: $foreground 20%; color: $foreground; text-style: bold;",
        "step--row": "background: $foreground 10%;",
        "step--cursor-cap": "color: $foreground 20%;",
        "step--mark": "color: $foreground;",
        "step--border-cursor": "color: $foreground; text-style: bold;",
        "status--none": "color: $text-secondary;",
    }
    for look in STATUS.values():
        rules[look.style_class] = f"color: {look.color};"
    for word in ("none", *STATUS):
        tint = _TINTED.get(word)
        back = f"{tint} 25%" if tint else "$foreground 8%"
        rules[f"step--pill-{word}"] = f"background: {back};"
        rules[f"step--cap-{word}"] = f"color: {back};"
        rules[f"step--border-{word}"] = f"color: {STATUS[word].color};" if tint else "color: $foreground 45%;"
        rules[f"step--label-{word}"] = (
            "text-style: bold;" if word == "running" else f"color: {_QUIET[word]};" if word in _QUIET else ""
        )
    return rules


def _by_rule(rules: dict[str, str]) -> dict[str, str]:
    """Return for each name the first one of its group with the same rule."""
    first: dict[tuple[str, str], str] = {}
    return {name: first.setdefault((name.rpartition("-")[0], rule), name) for name, rule in rules.items()}


_ALL = _rules()
CLASS_OF = _by_rule(_ALL)
"""Component class by name: Textual computes the style of each class whenever the focus moves."""
COMPONENT_CLASSES = frozenset(CLASS_OF.values())
"""Component classes of all drawings."""

CSS = (
    "DrawnView {\n    background: transparent;\n"
    + "".join(f"    & > .{name} {{ {_ALL[name]} }}\n" for name in sorted(COMPONENT_CLASSES))
    + """
    &:focus > .step--cursor { background: $primary; color: $background; }
    &:focus > .step--cursor-cap { color: $primary; }
    &:focus > .step--row { background: $primary 25%; text-style: bold; }
    &:focus > .step--mark { color: $primary; }
    &:focus > .step--border-cursor { color: $primary; }
"""
    + "".join(
        f"    &:ansi > .{name} {{ background: transparent; }}\n"
        for name in sorted(COMPONENT_CLASSES)
        if name.startswith("step--pill-")
    )
    + """
    &:ansi > .step--row { background: transparent; text-style: reverse; }
    &:ansi > .step--cursor { background: transparent; color: ansi_default; text-style: reverse; }
    &:ansi > .step--edge-lit { color: ansi_bright_white; }
}
"""
)
"""Default CSS of the views."""
