"""Colours of the canvas and the step list: component classes and their CSS."""

from wftui.tui.status import STATUS

_TINTED = {"running": "$primary", "waiting": "$warning", "failed": "$error"}
"""Statuses that colour the whole step, because they ask to be seen."""
_QUIET = {"pending": "$foreground-muted", "skipped": "$foreground-disabled", "cancelled": "$foreground-muted"}


def _rules() -> dict[str, str]:
    rules = {
        "step--edge": "color: $foreground 35%;",
        "step--edge-lit": "color: $text-accent; text-style: bold;",
        "step--type": "color: $foreground-muted;",
        "step--detail": "color: $foreground-muted;",
        "step--cursor": "background: $primary 60%; color: $foreground; text-style: bold;",
        "step--cursor-cap": "color: $primary 60%;",
        "step--mark": "color: $text-accent;",
        "step--border-cursor": "color: $text-accent; text-style: bold;",
        "status--none": "color: $text-secondary;",
    }
    for look in STATUS.values():
        rules[look.style_class] = f"color: {look.color};"
    for word in ("none", *STATUS):
        tint = _TINTED.get(word)
        back = f"{tint} 30%" if tint else "$foreground 10%"
        rules[f"step--pill-{word}"] = f"background: {back};"
        rules[f"step--cap-{word}"] = f"color: {back};"
        rules[f"step--border-{word}"] = f"color: {STATUS[word].color};" if tint else "color: $foreground 45%;"
        rules[f"step--label-{word}"] = (
            "text-style: bold;" if word == "running" else f"color: {_QUIET[word]};" if word in _QUIET else ""
        )
    return rules


_ALL = _rules()
COMPONENT_CLASSES = frozenset(_ALL)
"""Every component class the drawings use."""
CSS = "\n".join(f"    & > .{name} {{ {rule} }}" for name, rule in _ALL.items()) + "\n"
"""Their rules, to stand inside the block of a widget."""
