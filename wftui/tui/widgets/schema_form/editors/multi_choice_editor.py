"""Multiple choice as checkboxes."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive

from wftui.model.json.equality import is_same
from wftui.model.schema.json_schema import MISSING
from wftui.tui.display.glyphs import glyph
from wftui.tui.widgets.schema_form.editors.option_layout import flow, flow_height, place_at
from wftui.tui.widgets.schema_form.editors.options_editor import OptionsEditor


class MultiChoiceEditor(OptionsEditor):
    """Edits a list of choices, kept in the order of the schema."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Toggle"),
        Binding("left", "go(-1)", "Previous box", show=False),
        Binding("right", "go(1)", "Next box", show=False),
        Binding("delete", "clear", "Clear"),
        Binding("backspace", "clear", show=False),
    ]

    cursor: reactive[int] = reactive(0)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines needed for all boxes."""
        return flow_height(self._texts(), width)

    def _ticked(self) -> list[bool]:
        chosen = self.leaf.value if isinstance(self.leaf.value, list) else []
        return [any(is_same(choice.value, each) for each in chosen) for choice in self.leaf.field.choices]

    def _texts(self) -> list[str]:
        marks = [glyph(self, "☑" if ticked else "☐") for ticked in self._ticked()]
        return [f"{mark} {choice.label}" for mark, choice in zip(marks, self.leaf.field.choices, strict=True)]

    def render(self) -> Content:
        """Render the boxes; the focused one is underlined."""
        width = self.content_size.width
        texts, ticked = self._texts(), self._ticked()
        lines = [Content("") for _ in range(flow_height(texts, width))]
        for place in flow(texts, width):
            style = "bold" if ticked[place.number] else "$foreground-muted"
            if self.has_focus and place.number == self.cursor:
                style += " underline"
            line = lines[place.line].pad_right(place.start - lines[place.line].cell_length)
            lines[place.line] = line + Content.styled(texts[place.number], style).truncate(width, ellipsis=True)
        return Content("\n").join(lines)

    def action_go(self, by: int) -> None:
        """Move the cursor."""
        self.cursor = (self.cursor + by) % len(self.leaf.field.choices)

    def action_tick(self) -> None:
        """Toggle the box under the cursor; without ticks the value is absent."""
        ticked = self._ticked()
        ticked[self.cursor] = not ticked[self.cursor]
        chosen = [choice.value for choice, is_on in zip(self.leaf.field.choices, ticked, strict=True) if is_on]
        emptied = self.leaf.field.required or self.leaf.field.default is not MISSING
        self.give(chosen if chosen or emptied else MISSING)

    def action_clear(self) -> None:
        """Clear all boxes."""
        self.give(MISSING)

    def on_click(self, event: events.Click) -> None:
        """Toggle the clicked box."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = place_at(self._texts(), self.content_size.width, offset.x, offset.y)
        if index is not None:
            self.cursor = index
            self.action_tick()
