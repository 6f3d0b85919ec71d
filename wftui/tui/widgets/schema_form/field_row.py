"""A row of a form: label, editor and note."""

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from wftui.model.forms.lists import Items
from wftui.model.forms.nodes import Leaf
from wftui.model.forms.pasting import takes_lines
from wftui.model.forms.text import JsonError, parse_json
from wftui.tui.widgets.schema_form.editors.choice_editor import ChoiceEditor
from wftui.tui.widgets.schema_form.editors.factory import editor_for
from wftui.tui.widgets.schema_form.editors.large_value_editor import LargeValueEditor
from wftui.tui.widgets.schema_form.editors.multiline_editor import MultilineEditor
from wftui.tui.widgets.schema_form.editors.text_editor import TextEditor
from wftui.tui.widgets.schema_form.field_text import hidden_characters, note
from wftui.tui.widgets.schema_form.layout.context import FormContext
from wftui.tui.widgets.schema_form.layout.item_buttons import ItemButtons
from wftui.tui.widgets.schema_form.layout.label import is_stacked, label_lines
from wftui.tui.widgets.schema_form.layout.node_view import NodeView
from wftui.tui.widgets.schema_form.messages import Edited, FocusMoved, Pasted


class FieldRow(NodeView[Leaf]):
    """Shows a leaf; draws the label itself, which saves a widget per field."""

    DEFAULT_CSS = """
    FieldRow {
        /* The description of a field is help, wanted while the field has the focus. */
        Note.-about { display: none; }
        Note.-about.-shown.-wanted { display: block; }
    }
    """

    def __init__(self, context: FormContext, leaf: Leaf, depth: int) -> None:
        # The note of a list applies to all of its items.
        about = Content("") if isinstance(leaf.parent, Items) else note(leaf.field)
        super().__init__(context, leaf, depth, about)

    def compose(self) -> ComposeResult:
        """Compose editor and note, and buttons for a list item."""
        yield editor_for(self.node)
        yield self._note
        if isinstance(self.node.parent, Items):
            yield ItemButtons(self.node)

    def on_mount(self) -> None:
        """Show the description of the chosen value."""
        self._describe()

    def place_label(self) -> None:
        """Adjust to a new label width."""
        above = int(is_stacked(self.node, self.depth, self.label_width))
        for child in self.children:
            if not isinstance(child, ItemButtons):
                child.styles.margin = (above if child is self.editor else 0, 0, 0, self.label_width)
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the larger height of label and content."""
        return max(super().get_content_height(container, viewport, width), len(self._label()))

    def render(self) -> Content:
        """Render the label."""
        return Content("\n").join(self._label())

    def _label(self) -> list[Content]:
        return label_lines(self, self.node, self.depth, self.label_width)

    @property
    def editor(self) -> Widget:
        """The editor of the value."""
        return self.children[0]

    def focus_first(self) -> None:
        """Focus the editor; the form scrolls to it once both are laid out."""
        self.editor.focus(scroll_visible=False)

    def type_text(self, text: str) -> None:
        """Type text into its editor, if that takes some, and focus it."""
        if isinstance(self.editor, TextEditor | MultilineEditor):
            self.editor.insert_text(text)
        elif isinstance(self.editor, ChoiceEditor):
            self.editor.type_text(text)
        self.focus_first()

    def on_descendant_focus(self) -> None:
        """Highlight the label, show the description, and post the focus change."""
        self._note.add_class("-wanted")
        self.refresh()
        self.post_message(FocusMoved(self.node))

    def on_descendant_blur(self) -> None:
        """Remove highlight and description."""
        self._note.remove_class("-wanted")
        self.refresh()

    async def on_edited(self, _message: Edited) -> None:
        """Show the editor's own error and update the description."""
        self.show_problem(self.node.problem)
        self._describe()
        if isinstance(self.editor, LargeValueEditor) and not self.node.is_big:
            await self._replace_editor()

    def _describe(self) -> None:
        hidden = hidden_characters(self.node)
        self._note.more = self.editor.described() if isinstance(self.editor, ChoiceEditor) else hidden

    async def on_pasted(self, message: Pasted) -> None:
        """Switch to a multi-line editor, unless the form handles the text."""
        if self._fills_form(message.text) or takes_lines(self.node, message.text):
            return
        message.stop()
        whole = self.node.field.kind in ("text", "multiline", "json")
        self.node.type_text(message.whole if whole else message.text.partition("\n")[0])
        lines = message.text.count("\n") + 1
        if not whole and lines > 1:
            self.notify(f"Pasted the first of {lines} lines: this field takes one.", severity="warning")
        await self._replace_editor()
        self.post_message(Edited(self.node))

    async def _replace_editor(self) -> None:
        await self.editor.remove()
        await self.mount(editor_for(self.node), before=0)
        self.place_label()
        self.focus_first()

    def on_click(self, event: events.Click) -> None:
        """Focus the editor when the label is clicked."""
        if event.widget is self:
            self.focus_first()

    def _fills_form(self, text: str) -> bool:
        """Return whether a text is an object with inputs of the form."""
        names = self._form_context.names
        if not names or self.node.field.kind == "json":
            return False
        try:
            value = parse_json(text)
        except JsonError:
            return False
        return isinstance(value, dict) and not names.isdisjoint(value)
