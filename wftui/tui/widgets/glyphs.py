"""The signs of a form, and what stands for them where only ASCII can be shown."""

from textual.dom import DOMNode

_ASCII = {
    "●": "(*)",
    "○": "( )",
    "☑": "[x]",
    "☐": "[ ]",
    "▸": "+",
    "▾": "-",
    "▌": "|",
    "✗": "x",
    "↑": "^",
    "↓": "v",
    "✕": "x",
    "·": "-",
    "•": "*",
    "⏎": "enter",
    "…": "...",
}


def glyph(widget: DOMNode, sign: str) -> str:
    """The sign, or its ASCII form in an app that says it is for such a terminal."""
    return _ASCII.get(sign, sign) if getattr(widget.app, "ascii", False) else sign
