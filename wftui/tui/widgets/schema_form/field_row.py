"""A field of a form: label, editor, and under it what the schema says or what is wrong."""

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from wftui.model.form_state import Items, Leaf
from wftui.model.form_text import JsonError, parse_json
from wftui.tui.widgets.schema_form.editors.choice_editor import ChoiceEditor
from wftui.tui.widgets.schema_form.editors.factory import editor_for
from wftui.tui.widgets.schema_form.editors.large_value_editor import LargeValueEditor
from wftui.tui.widgets.schema_form.field_text import note
from wftui.tui.widgets.schema_form.layout.context import FormContext
from wftui.tui.widgets.schema_form.layout.item_buttons import ItemButtons
from wftui.tui.widgets.schema_form.layout.label import label_lines
from wftui.tui.widgets.schema_form.layout.node_view import NodeView
from wftui.tui.widgets.schema_form.messages import Edited, FocusMoved, Pasted


class FieldRow(NodeView[Leaf]):
    """Shows a leaf. The label is drawn by the row itself: one widget less for each field."""

    def __init__(self, context: FormContext, leaf: Leaf, depth: int) -> None:
        # What holds for every item is said once, at the list.
        about = Content("") if isinstance(leaf.parent, Items) else note(leaf.field)
        super().__init__(context, leaf, depth, about)

    def compose(self) -> ComposeResult:
        """Editor and note; in a list also what can be done with the item."""
        yield editor_for(self.node)
        yield self._note
        if isinstance(self.node.parent, Items):
            yield ItemButtons(self.node)

    def on_mount(self) -> None:
        """Say what the schema says of the value that is chosen."""
        self._describe()

    def place_label(self) -> None:
        """Leave room for the label, which has another width now."""
        for child in self.children:
            if not isinstance(child, ItemButtons):
                child.styles.margin = (0, 0, 0, self.label_width)
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the higher of the label and what is beside it."""
        return max(super().get_content_height(container, viewport, width), len(self._label()))

    def render(self) -> Content:
        """The label."""
        return Content("\n").join(self._label())

    def _label(self) -> list[Content]:
        return label_lines(self, self.node, self.depth, self.label_width)

    @property
    def editor(self) -> Widget:
        """What the value is filled in with."""
        return self.children[0]

    def focus_first(self) -> None:
        """Focus the editor."""
        self.editor.focus()

    def on_descendant_focus(self) -> None:
        """Mark the label, and tell what has the focus."""
        self.refresh()
        self.post_message(FocusMoved(self.node))

    def on_descendant_blur(self) -> None:
        """Take the mark away."""
        self.refresh()

    async def on_edited(self, _message: Edited) -> None:
        """What the editor says about its own text comes first."""
        self.show_problem(self.node.problem)
        self._describe()
        if isinstance(self.editor, LargeValueEditor) and not self.node.is_big:
            await self._replace_editor()

    def _describe(self) -> None:
        if isinstance(self.editor, ChoiceEditor):
            self._note.more = self.editor.described()

    async def on_pasted(self, message: Pasted) -> None:
        """Go over to several lines, unless the text is for the list or the form around."""
        if isinstance(self.node.parent, Items) or (_is_object(message.text) and self.node.field.kind != "json"):
            return
        message.stop()
        whole = self.node.field.kind in ("text", "json")
        self.node.type_text(message.text if whole else message.text.partition("\n")[0])
        await self._replace_editor()
        self.post_message(Edited(self.node))

    async def _replace_editor(self) -> None:
        await self.editor.remove()
        await self.mount(editor_for(self.node), before=0)
        self.place_label()
        self.focus_first()

    def on_click(self, event: events.Click) -> None:
        """A click on the label is one on its field."""
        if event.widget is self:
            self.focus_first()


def _is_object(text: str) -> bool:
    try:
        return isinstance(parse_json(text), dict)
    except JsonError:
        return False
