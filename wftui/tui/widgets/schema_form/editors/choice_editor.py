"""Single choice: inline if the options fit in a line, else a list dialog."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size

from wftui.model.forms.fields import FormField
from wftui.model.forms.nodes import Leaf
from wftui.model.json.equality import is_same
from wftui.model.schema.facets import ValueChoice, literal
from wftui.model.schema.json_schema import MISSING
from wftui.model.text.cuts import beginning
from wftui.tui.display.glyphs import glyph
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.schema_form.editors.option_layout import flow, flow_height, place_at
from wftui.tui.widgets.schema_form.editors.options_editor import OptionsEditor
from wftui.tui.widgets.schema_form.field_text import placeholder

TYPED = frozenset({"text", "multiline", "integer", "number", "json"})
"""Kinds of fields whose value is typed."""
_MOST_SIDE_BY_SIDE = 8
_LONGEST = 60
"""Characters of a pasted text that a notice shows."""
_YES_NO = (ValueChoice(True, "yes"), ValueChoice(False, "no"))


class ChoiceEditor(OptionsEditor):
    """Edits a choice: left and right cycle through the options, delete clears."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "open", "Choose"),
        Binding("left", "go(-1)", "Previous choice", show=False),
        Binding("right", "go(1)", "Next choice", show=False),
        Binding("delete", "clear", "Clear"),
        Binding("backspace", "clear", show=False),
        Binding("ctrl+n", "give_null", "Set null"),
    ]

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self.choices = options_of(leaf.field)
        self._typed = ""
        """Beginning of the chosen option, as far as it has been typed."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer null only where the schema allows it."""
        return self.leaf.field.nullable if action == "give_null" else super().check_action(action, parameters)

    @property
    def chosen(self) -> int | None:
        """Index of the option that equals the value, or None."""
        value = self.leaf.value
        matching = (i for i, choice in enumerate(self.choices) if is_same(choice.value, value))
        return next(matching, None)

    def described(self) -> str:
        """Return the schema's description of the chosen value."""
        return "" if self.chosen is None else self.choices[self.chosen].description

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one line, or as many as the inline options need."""
        return flow_height(self._texts(), width) if self._side_by_side(width) else 1

    def render(self) -> Content:
        """Render all options, or the chosen one."""
        width = self.content_size.width
        return self._options(width) if self._side_by_side(width) else self._one(width)

    def _texts(self) -> list[str]:
        on, off = glyph(self, "●"), glyph(self, "○")
        chosen = self.chosen
        return [f"{on if i == chosen else off} {choice.label}" for i, choice in enumerate(self.choices)]

    def _side_by_side(self, width: int) -> bool:
        return len(self.choices) <= _MOST_SIDE_BY_SIDE and flow_height(self._texts(), width) == 1

    def _options(self, width: int) -> Content:
        line = Content("")
        for place in flow(self._texts(), width):
            style = "bold" if place.number == self.chosen else "$foreground-muted"
            line = line.pad_right(place.start - line.cell_length)
            line += Content.styled(self._texts()[place.number], style).truncate(width, ellipsis=True)
        return line

    def _one(self, width: int) -> Content:
        count = Content.styled(f"{len(self.choices)} choices {glyph(self, '▾')}", "$foreground-muted")
        room = width - count.cell_length - 1
        if self.chosen is None:
            text = Content.styled(placeholder(self.leaf) or "choose", "$foreground-disabled")
        else:
            text = Content.styled(self.choices[self.chosen].label, "bold")
        return text.truncate(room, ellipsis=True).pad_right(max(0, room + 1 - text.cell_length)) + count

    def action_go(self, by: int) -> None:
        """Choose the next option in a direction."""
        old = self.chosen
        if old is None:
            self.give(self.choices[0 if by > 0 else -1].value)
        else:
            self.give(self.choices[(old + by) % len(self.choices)].value)

    def action_clear(self) -> None:
        """Clear the choice."""
        self.give(MISSING)

    def action_give_null(self) -> None:
        """Set the value to null."""
        self.give(None)

    def action_open(self) -> None:
        """Choose the next inline option, or open the list dialog."""
        if self._side_by_side(self.content_size.width):
            self.action_go(1)
            return
        options = [(choice.label, choice.description) for choice in self.choices]

        def pick(index: int | None) -> None:
            if index is not None:
                self.give(self.choices[index].value)

        self.app.push_screen(Picker(self.leaf.field.label, options, self.chosen or 0), pick)

    def on_key(self, event: events.Key) -> None:
        """Choose an option by typing its beginning."""
        text = event.character if event.is_printable else None
        if text and self.type_text(text):
            event.stop()
            event.prevent_default()
        elif not text:
            self._typed = ""

    def type_text(self, text: str) -> bool:
        """Choose the option that begins with the typed text, or the next of a letter.

        Returns:
            Whether it takes the text: a space that continues no name is a key like others.
        """
        typed, self._typed = self._typed + text, ""
        if not typed.strip():
            return False
        found = self._beginning_with(typed, 0 if len(typed) > 1 else 1)
        if found is not None:
            self._typed = typed
        elif text.strip():
            found, self._typed = self._beginning_with(text, 1), text
        if found is None:
            return self.other_text(typed) or bool(text.strip())
        self.give(self.choices[found].value)
        return True

    def on_blur(self) -> None:
        """Forget what was typed."""
        self._typed = ""

    def other_text(self, text: str) -> bool:
        """Take text that is the beginning of no option; return whether it was."""
        return False

    def _beginning_with(self, text: str, step: int) -> int | None:
        """Return the first option that begins with a text, from the chosen one on."""
        start = 0 if self.chosen is None else self.chosen + step
        order = (index % len(self.choices) for index in range(start, start + len(self.choices)))
        beginning = text.casefold()
        return next((each for each in order if self.choices[each].label.casefold().startswith(beginning)), None)

    def on_paste(self, event: events.Paste) -> None:
        """Choose the option that is pasted; an object is for the form."""
        text = event.text.strip()
        named = [choice for choice in self.choices if text == choice.label]
        named += [choice for choice in self.choices if text == literal(choice.value)]
        if named:
            event.stop()
            self.give(named[0].value)
        elif text and not text.startswith("{"):
            event.stop()
            self.notify(f"{beginning(text, _LONGEST)} is none of the choices.", severity="warning", markup=False)

    def on_click(self, event: events.Click) -> None:
        """Choose the clicked option, or open the list dialog."""
        offset = event.get_content_offset(self)
        width = self.content_size.width
        if not self._side_by_side(width):
            self.action_open()
        elif offset is not None and (index := place_at(self._texts(), width, offset.x, offset.y)) is not None:
            self.give(self.choices[index].value)


def options_of(field: FormField) -> Sequence[ValueChoice]:
    """Return the options of a field."""
    known = _YES_NO if field.kind == "boolean" else field.choices
    return (*known, ValueChoice(None, "null")) if field.nullable else known


def takes(field: FormField, text: str) -> bool:
    """Return whether a new value of a field can begin with a typed text."""
    match field.kind:
        case "group" | "tuple":
            return bool(field.fields) and takes(field.fields[0], text)
        case "boolean" | "choice":
            return _names_one(text, [each.label for each in options_of(field)])
        case "union":
            typed = sum(each.field.kind in TYPED for each in field.variants)
            return typed == 1 or _names_one(text, [each.label for each in field.variants])
    return field.kind in TYPED


def _names_one(text: str, labels: Sequence[str]) -> bool:
    return any(each.casefold().startswith(text.casefold()) for each in labels)
