"""One line to type in: text, numbers, secrets, short JSON."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Self

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.suggester import SuggestFromList
from textual.widgets import Input

from wftui.model.base import Json
from wftui.model.form_state import Leaf
from wftui.model.form_text import BIG
from wftui.tui.widgets.schema_form.field_text import placeholder
from wftui.tui.widgets.schema_form.messages import Edited, Pasted


class TextEditor(Input):
    """Types into a leaf of the form."""

    DEFAULT_CSS = """
    TextEditor.-textual-compact {
        background: $panel;
        padding: 0 1;
        &:focus { background: $panel; background-tint: $primary 15%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+n", "give_null", "Give null")]

    def __init__(self, leaf: Leaf) -> None:
        examples = [each for each in leaf.field.examples if isinstance(each, str)]
        super().__init__(
            leaf.text,
            placeholder(leaf),
            password=leaf.field.secret,
            compact=True,
            suggester=SuggestFromList(examples) if examples and not leaf.field.secret else None,
        )
        self.leaf = leaf

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Null is offered only where the schema allows it."""
        return self.leaf.field.nullable if action == "give_null" else super().check_action(action, parameters)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Repaint only, once there is a size: it does not depend on the text, and laying out a long form costs time."""
        layout = layout and not self.size
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep the state equal to what is shown."""
        event.stop()
        if event.value != self.leaf.text:
            self.leaf.type_text(event.value)
            self._post_edited()

    def action_give_null(self) -> None:
        """Give null, which is not the same as nothing."""
        self.give(None)

    def give(self, value: Json) -> None:
        """Take a value as it is."""
        self.leaf.give(value)
        self.value = self.leaf.text
        self.cursor_position = len(self.value)
        self._post_edited()

    def _post_edited(self) -> None:
        self.placeholder = placeholder(self.leaf)
        self.post_message(Edited(self.leaf))

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = event.text.rstrip("\n")
        if len(text) > BIG or ("\n" in text and not self.leaf.field.secret):
            self.post_message(Pasted(self.leaf, text))
        else:
            self.replace(text, *sorted(self.selection))


class NumberEditor(TextEditor):
    """Also goes up and down by the step of its field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(1)", "More", show=False),
        Binding("down", "step(-1)", "Less", show=False),
    ]

    def action_step(self, direction: int) -> None:
        """Go to the next number in a direction, within the limits; from nothing to the default or the lowest."""
        field, value = self.leaf.field, self.leaf.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            start = field.default if isinstance(field.default, int | float) else field.minimum
            self.give(_rounded(start if start is not None else 0, field.step))
            return
        moved = _rounded(value + direction * field.step, field.step)
        if field.minimum is not None:
            moved = max(moved, _rounded(field.minimum, field.step))
        if field.maximum is not None:
            moved = min(moved, _rounded(field.maximum, field.step))
        self.give(moved)


class DateEditor(TextEditor):
    """Types a `date` or a `date-time`; starts from today where nothing stands yet."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(1)", "Next day", show=False),
        Binding("down", "step(-1)", "Day before", show=False),
    ]

    def action_step(self, days: int) -> None:
        """Go some days on; what is no date is left as it is."""
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
    """Without the dust of binary fractions; whole numbers stay whole."""
    if float(value).is_integer():
        return int(value)
    return round(value, 2 + max(0, -math.floor(math.log10(step))))
