"""Single choice: inline if the options fit in a line, else a list dialog."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size

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
        known = _YES_NO if leaf.field.kind == "boolean" else leaf.field.choices
        self.choices = (*known, ValueChoice(None, "null")) if leaf.field.nullable else known

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
        """Choose the next option that starts with the typed letter."""
        if not event.is_printable or not event.character or event.character == " ":
            return
        event.stop()
        start = (self.chosen if self.chosen is not None else -1) + 1
        order = [*range(start, len(self.choices)), *range(start)]
        for index in order:
            if self.choices[index].label.casefold().startswith(event.character.casefold()):
                self.give(self.choices[index].value)
                return

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
