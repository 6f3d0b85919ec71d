"""Symbols of forms and footers, and their ASCII replacements."""

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
    """Return the symbol, or its ASCII replacement in an ASCII-only app."""
    return _ASCII.get(sign, sign) if getattr(widget.app, "ascii", False) else sign
