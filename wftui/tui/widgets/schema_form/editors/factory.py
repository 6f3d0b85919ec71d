"""Selection of the editor for a field."""

from textual.widget import Widget

from wftui.model.forms.nodes import Leaf
from wftui.tui.widgets.schema_form.editors.choice_editor import ChoiceEditor
from wftui.tui.widgets.schema_form.editors.large_value_editor import LargeValueEditor
from wftui.tui.widgets.schema_form.editors.multi_choice_editor import MultiChoiceEditor
from wftui.tui.widgets.schema_form.editors.multiline_editor import MultilineEditor
from wftui.tui.widgets.schema_form.editors.text_editor import DateEditor, NumberEditor, TextEditor


def editor_for(leaf: Leaf) -> Widget:
    """Return the editor for a leaf."""
    field = leaf.field
    if leaf.is_big:
        return LargeValueEditor(leaf)
    if field.kind in ("boolean", "choice"):
        return ChoiceEditor(leaf)
    if field.kind == "choices":
        return MultiChoiceEditor(leaf)
    if field.kind in ("integer", "number"):
        return NumberEditor(leaf)
    composed = field.kind == "json" and not field.takes_text
    if not field.secret and (field.kind == "multiline" or composed or "\n" in leaf.text):
        return MultilineEditor(leaf)
    if field.kind == "text" and field.format in ("date", "date-time"):
        return DateEditor(leaf)
    return TextEditor(leaf)
