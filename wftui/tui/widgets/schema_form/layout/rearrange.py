"""Adjust the widgets of a column to the nodes that it shows now."""

from collections.abc import Callable, Sequence

from textual.widget import Widget

from wftui.model.forms.nodes import FormNode
from wftui.tui.widgets.schema_form.layout.node_view import NodeView


async def rearrange(column: Widget, nodes: Sequence[FormNode], make: Callable[[FormNode], Widget]) -> None:
    """Show exactly these nodes; the widgets of those that stay keep focus and cursor."""
    shown = {id(child.node): child for child in column.children if isinstance(child, NodeView)}
    wanted = {id(node) for node in nodes}
    gone = [child for key, child in shown.items() if key not in wanted]
    if gone:
        await column.remove_children(gone)
    before: Widget | None = None
    for node in reversed(nodes):
        widget: Widget | None = shown.get(id(node))
        if widget is None:
            widget = make(node)
            await column.mount(widget, before=before)
        else:
            widget.refresh()
        before = widget
