"""Multi-line editor for long text and structured JSON."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import TextArea

from wftui.model.forms.nodes import Leaf
from wftui.model.forms.text import BIG
from wftui.tui.widgets.long_text import LongTextArea
from wftui.tui.widgets.schema_form.field_text import placeholder
from wftui.tui.widgets.schema_form.messages import Edited, Pasted


class MultilineEditor(LongTextArea):
    """Edits a leaf; grows with its text up to ten lines."""

    DEFAULT_CSS = """
    MultilineEditor.-textual-compact {
        height: auto;
        min-height: 3;
        max-height: 10;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        &.-short { min-height: 1; }
        background: $panel;
        &:focus { background: $panel; background-tint: $primary 15%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+n", "give_null", "Set null")]

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(
            leaf.text,
            compact=True,
            tab_behavior="focus",
            placeholder=Content(placeholder(leaf)),
            soft_wrap=len(leaf.text) <= self.WRAPPED_UP_TO,
        )
        self.leaf = leaf
        self.complete: Callable[[str, str], str] | None = None
        """Returns what completes the text before the cursor, given also that after it."""
        self._bindings.key_to_bindings.pop("f7", None)  # selecting a line gives way to the key of every field
        self.set_class(leaf.field.kind == "json", "-short")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer null only where the schema allows it."""
        return self.leaf.field.nullable if action == "give_null" else super().check_action(action, parameters)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Update the form state."""
        event.stop()
        if self.text != self.leaf.text:
            self.leaf.type_text(self.text)
            self._post_edited()

    def on_paste(self, event: events.Paste) -> None:
        """Drop a trailing line end of pasted text; keep a big text without showing it."""
        event.text = event.text.removesuffix("\n")
        if len(self.text) + len(event.text) > BIG:
            event.stop()
            event.prevent_default()
            start, end = sorted(self.selection)
            before = self.document.get_text_range((0, 0), start)
            whole = before + event.text + self.document.get_text_range(end, self.document.end)
            self.post_message(Pasted(self.leaf, event.text, whole))

    def update_suggestion(self) -> None:
        """Suggest the rest of the name that is being typed."""
        if self.complete is not None and self.selection.is_empty:
            row, column = self.cursor_location
            line = self.document.get_line(row)
            self.suggestion = self.complete(line[:column], line[column:])

    def action_cursor_up(self, select: bool = False) -> None:
        """Move up a line; from the first line, to the previous field."""
        if not select and self.navigator.is_first_wrapped_line(self.cursor_location):
            self.app.action_focus_previous()
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Move down a line; from the last line, to the next field."""
        if not select and self.navigator.is_last_wrapped_line(self.cursor_location):
            self.app.action_focus_next()
        else:
            super().action_cursor_down(select)

    def insert_text(self, text: str) -> None:
        """Insert text at the cursor."""
        self.insert(text)

    def action_give_null(self) -> None:
        """Set the value to null."""
        self.leaf.give(None)
        self.text = self.leaf.text
        self._post_edited()

    def _post_edited(self) -> None:
        self.placeholder = Content(placeholder(self.leaf))
        self.post_message(Edited(self.leaf))
