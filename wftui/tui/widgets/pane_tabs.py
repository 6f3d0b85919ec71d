"""A tab bar for panes."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from wftui.tui.key_actions.key_sentences import shown_key


class PaneTabs(Widget, can_focus=True):
    """`1 Steps  2 Source  3 Python`: click, arrow keys or the key of the pane.

    Args:
        names: id and title of each pane.
        current: id of the current pane.
        screen: whose actions show the panes: `<screen>.<pane>`.
    """

    DEFAULT_CSS = """
    PaneTabs { height: 1; padding: 0 1; background: $surface; color: $foreground-muted; pointer: pointer; }
    """
    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "go(-1)", "Previous pane", show=False),
        Binding("right,l", "go(1)", "Next pane", show=False),
        Binding("enter,down", "enter", "Enter the pane", show=False),
    ]

    names: reactive[tuple[tuple[str, str], ...]] = reactive(())
    """Id and title of each pane."""
    current: reactive[str] = reactive("")
    """Id of the current pane."""

    class Chosen(Message):
        """A pane was chosen; `enter` moves the focus into it."""

        def __init__(self, pane: str, *, enter: bool) -> None:
            super().__init__()
            self.pane = pane
            self.enter = enter

    def __init__(self, names: Sequence[tuple[str, str]], current: str, screen: str) -> None:
        super().__init__()
        self._screen = screen
        self.set_reactive(PaneTabs.names, tuple(names))
        self.set_reactive(PaneTabs.current, current)

    def render(self) -> Content:
        """Render the line."""
        return Content("  ").join([entry for _, _, entry in self._places()])

    def _places(self) -> list[tuple[int, str, Content]]:
        places = []
        column = 0
        for pane, title in self.names:
            named = f"{shown_key(self.app, f'{self._screen}.{pane}')} {title}".lstrip()
            entry = Content(f" {named} ")
            if pane == self.current:
                style = "b reverse $primary" if self.has_focus else "b $primary on $panel"
                entry = Content.styled(f"[{named}]", style)  # also without colors
            places.append((column, pane, entry))
            column += entry.cell_length + 2
        return places

    def watch_has_focus(self, has_focus: bool) -> None:
        """Repaint: the current tab is reversed with the focus."""
        super().watch_has_focus(has_focus)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose the pane under the mouse."""
        for column, pane, entry in self._places():
            if column <= event.x - self.styles.padding.left < column + entry.cell_length:
                self.post_message(self.Chosen(pane, enter=True))

    def action_go(self, step: int) -> None:
        """Go to the adjacent pane."""
        ids = [pane for pane, _ in self.names]
        if self.current in ids:
            self.post_message(self.Chosen(ids[(ids.index(self.current) + step) % len(ids)], enter=False))

    def action_enter(self) -> None:
        """Move the focus into the pane."""
        self.post_message(self.Chosen(self.current, enter=True))
