"""The key line of a form: its actions and their keys."""

from typing import Any

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from wftui.tui.actions import Action, keys_of, show_key
from wftui.tui.display.glyphs import glyph


class KeyLine(Widget):
    """One clickable line: the form's actions, then keys of the focused field.

    The first action is shown as a button; entries that do not fit are left out.
    """

    DEFAULT_CSS = """
    KeyLine { height: 1; padding: 0 1; color: $foreground-muted; }
    """
    ALLOW_SELECT = False

    def __init__(self, actions: tuple[Action, ...]) -> None:
        super().__init__()
        self._actions = actions
        self._targets: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)

    def _update(self, _screen: Screen[Any]) -> None:
        self.refresh()

    def _entries(self) -> list[tuple[str, str, str]]:
        """Return displayed key, label and actual key of each entry."""
        active = self.screen.active_bindings
        taken = {key for key, binding in active.items() if binding.node is not self.screen}
        if isinstance(self.screen.focused, TextArea):
            taken.add("enter")
        elif isinstance(self.screen.focused, Input):
            taken.discard("enter")  # the form submits it
        found = []
        for action in self._actions:
            key = next((key for key in keys_of(self.app, action) if key not in taken), None)
            if key is not None and self._can(action):
                found.append((show_key(key), action.label, key))
        for each in active.values():
            if each.binding.show and each.enabled and each.node is not self.screen:
                found.append((show_key(each.binding.key), each.binding.description, each.binding.key))
        return found

    def _can(self, action: Action) -> bool:
        return bool(self.screen.check_action("act", (action.id,)))

    def render(self) -> Content:
        """Render the line."""
        line = Content("")
        self._targets = []
        for index, (shown, label, key) in enumerate(self._entries()):
            shown = glyph(self, shown)
            if not index:
                entry = Content.styled(f" {shown} {label} ", "bold $button-color-foreground on $primary")
            else:
                entry = Content.assemble((shown, "bold $primary"), (f" {label}", "$foreground"))
            start = line.cell_length + 2 if line else 0
            if start + entry.cell_length > self.content_size.width:
                break
            line = line.pad_right(start - line.cell_length) + entry
            self._targets.append((start, start + entry.cell_length, key))
        return line

    def on_click(self, event: events.Click) -> None:
        """Press the clicked key."""
        offset = event.get_content_offset(self)
        for start, end, key in self._targets:
            if offset is not None and start <= offset.x < end:
                self.app.simulate_key(key)
