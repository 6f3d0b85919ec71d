"""The label of a field in the label column."""

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from wftui.model.forms.lists import Items, Pairs
from wftui.model.forms.nodes import FormNode
from wftui.model.forms.unions import Union
from wftui.tui.display.glyphs import glyph

INDENT = 2


def name_of(node: FormNode) -> str:
    """Return the label of a node, or its number in a list."""
    if isinstance(node.parent, Union):
        return ""  # the picker has the label
    if isinstance(node.parent, Pairs) and node.parent.name_of(node):
        return node.parent.name_of(node)
    if isinstance(node.parent, Items):
        place = node.parent.place(node)
        return "" if place is None else str(place + 1)
    return node.field.label


def label_length(node: FormNode, depth: int) -> int:
    """Return the width of the label with its markers."""
    return depth * INDENT + Content(name_of(node)).cell_length + 6


def is_stacked(node: FormNode, depth: int, width: int) -> bool:
    """Return whether the label is above its field: a word is wider than the column."""
    longest = max(map(cell_len, name_of(node).split()), default=0)
    return longest > max(4, width - depth * INDENT - 4)


def label_lines(widget: Widget, node: FormNode, depth: int, width: int, *, sign: str = " ") -> list[Content]:
    """Return the wrapped label for the label column.

    A sign comes first; required fields have a star. One with a word too long for the column has the whole width.
    """
    focused = widget.has_pseudo_class("focus-within") or widget.has_pseudo_class("focus")
    if focused and sign == " ":
        sign = glyph(widget, "▌")
    needed = node.field.required and node.parent is not None and not isinstance(node.parent, Items | Union)
    text = Content.styled(name_of(node), "bold $primary" if focused else "$foreground")
    if needed:
        text = Content.assemble(text, (" *", "$text-warning"))
    indent = depth * INDENT
    lines = [text] if is_stacked(node, depth, width) else text.wrap(max(4, width - indent - 4))
    first = Content.assemble(" " * indent, (sign, "$primary"), " ")
    return [(first if not index else Content(" " * (indent + 2))) + line for index, line in enumerate(lines)]
