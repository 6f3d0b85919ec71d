"""Single-line editors for text, numbers, dates, secrets and short JSON."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Self

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.suggester import Suggester, SuggestFromList
from textual.widgets import Input

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.forms.groups import Tuple
from wftui.model.forms.lists import Items
from wftui.model.forms.nodes import Leaf
from wftui.model.forms.text import BIG
from wftui.tui.widgets.path_prompt import PathSuggester
from wftui.tui.widgets.schema_form.field_text import placeholder
from wftui.tui.widgets.schema_form.messages import Edited, Pasted


class TextEditor(Input):
    """Edits a leaf as text."""

    DEFAULT_CSS = """
    TextEditor.-textual-compact {
        background: $panel;
        padding: 0 1;
        &:focus { background: $panel; background-tint: $primary 15%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+n", "give_null", "Set null")]
    TAKES_LINES: ClassVar[bool] = True
    """Several pasted lines become items of a list, or lines of a larger editor."""

    def __init__(self, leaf: Leaf) -> None:
        examples = [each for each in leaf.field.examples if isinstance(each, str)]
        super().__init__(
            leaf.text,
            placeholder(leaf),
            password=leaf.field.secret,
            compact=True,
            suggester=_suggester(leaf.field, examples),
        )
        self.leaf = leaf

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer null only where the schema allows it."""
        return self.leaf.field.nullable if action == "give_null" else super().check_action(action, parameters)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Repaint without layout once the widget has a size.

        The size does not depend on the text, and laying out a long form is expensive.
        """
        layout = layout and not self.size
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Update the form state."""
        event.stop()
        if event.value != self.leaf.text:
            self.leaf.type_text(event.value)
            self._post_edited()

    def action_give_null(self) -> None:
        """Set the value to null."""
        self.give(None)

    def give(self, value: Json) -> None:
        """Set the value."""
        self.leaf.give(value)
        self.value = self.leaf.text
        self.cursor_position = len(self.value)
        self._post_edited()

    def insert_text(self, text: str) -> None:
        """Insert text at the cursor, and keep it when the focus comes."""
        self.select_on_focus = False
        self.insert_text_at_cursor(text)

    def _post_edited(self) -> None:
        self.placeholder = placeholder(self.leaf)
        self.post_message(Edited(self.leaf))

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = event.text.removesuffix("\n")
        is_several = "\n" in text and (not self.leaf.field.secret or isinstance(self.leaf.parent, Items | Tuple))
        if len(text) > BIG or is_several:
            start, end = sorted(self.selection)
            self.post_message(Pasted(self.leaf, text, self.value[:start] + text + self.value[end:]))
        else:
            self.replace(text, *sorted(self.selection))


def _suggester(field: FormField, examples: list[str]) -> Suggester | None:
    if field.secret:
        return None
    if field.format in _PATHS:
        return PathSuggester()
    return SuggestFromList(examples) if examples else None


_PATHS = frozenset({"path", "file-path", "folder-path", "directory-path"})
"""Formats of texts that are completed as paths."""


class NumberEditor(TextEditor):
    """Edits a number; shift with up and down changes it by the field's step."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+up", "step(1)", "Increase", show=False),
        Binding("shift+down", "step(-1)", "Decrease", show=False),
    ]

    def action_step(self, direction: int) -> None:
        """Step to the next number in a direction, within the limits."""
        field, value = self.leaf.field, self.leaf.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            start = field.default if isinstance(field.default, int | float) else field.minimum
            self.give(_rounded(start if start is not None else 0, field.step))
            return
        try:
            moved = _rounded(value + direction * field.step, field.step)
        except OverflowError:
            self.app.bell()  # an integer beyond floats, and a step that is none
            return
        if field.minimum is not None:
            moved = max(moved, _rounded(field.minimum, field.step))
        if field.maximum is not None:
            moved = min(moved, _rounded(field.maximum, field.step))
        self.give(moved)


class DateEditor(TextEditor):
    """Edits a `date` or `date-time`; shift with up and down changes the day."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+up", "step(1)", "Next day", show=False),
        Binding("shift+down", "step(-1)", "Previous day", show=False),
    ]

    def action_step(self, days: int) -> None:
        """Move by some days; starts from today, rejects text that is not a date."""
        text = self.value
        if not text:
            now = datetime.now(UTC)
            self.give(date.today().isoformat() if self.leaf.field.format == "date" else f"{now:%Y-%m-%dT%H:%M:%SZ}")
            return
        try:
            moved = date.fromisoformat(text[:10]) + timedelta(days=days)
        except (ValueError, OverflowError):
            self.app.bell()
            return
        self.give(moved.isoformat() + text[10:])


def _rounded(value: float, step: float) -> float:
    """Round away binary fractions; keep integers."""
    if isinstance(value, int) or value.is_integer():
        return int(value)
    return round(value, 2 + max(0, -math.floor(math.log10(step))))
