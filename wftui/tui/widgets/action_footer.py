"""The footer of a screen: its actions and their keys."""

from typing import ClassVar, Protocol, runtime_checkable

from textual import events
from textual.content import Content
from textual.keys import key_to_character
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from wftui.tui.actions import Action, keys_of, offered, show_key
from wftui.tui.display.glyphs import glyph

_GAP = 2


@runtime_checkable
class ActionSource(Protocol):
    """A screen with actions."""

    ACTIONS: ClassVar[tuple[Action, ...]]

    def why_not(self, action_id: str) -> str | None:
        """Return why an action is unavailable, or None."""

    def footer_tail(self) -> tuple[Action, ...]:
        """Return the app's actions for the right end."""


class ActionFooter(Widget):
    """One clickable line of `key label` entries.

    Shows as many actions of the screen as fit, dimmed while unavailable, and the app's actions at the right end.
    """

    DEFAULT_CSS = """
    ActionFooter {
        dock: bottom;
        height: 1;
        padding: 0 1;
        background: $footer-background;
        color: $foreground-muted;
        pointer: pointer;
    }
    """

    ALLOW_SELECT = False

    shown: reactive[tuple[tuple[Action, bool], ...]] = reactive(())
    """Actions of the screen and whether each is available, most useful first."""
    always: reactive[tuple[Action, ...]] = reactive(())
    """The app's actions, at the right end."""

    def __init__(self) -> None:
        super().__init__()
        self._typing_in: Widget | None = None

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def _update(self, screen: Screen[object]) -> None:
        if isinstance(screen, ActionSource) and screen.is_mounted:
            self._typing_in = screen.focused
            self.shown = tuple(
                (action, screen.why_not(action.id) is None)
                for action in offered(self.app, screen.ACTIONS)
                if action.footer and keys_of(self.app, action)
            )
            self.always = screen.footer_tail()
            self.refresh()

    def _places(self) -> list[tuple[int, str, Content]]:
        """Return column, action and entry of everything that fits, left to right."""
        width = self.size.width
        tail: list[tuple[int, str, Content]] = []
        end = width
        for action in reversed(self.always):
            entry = self._entry(action, enabled=True)
            end -= entry.cell_length
            tail.insert(0, (end, f"app.act('{action.id}')", entry))
            end -= _GAP
        head: list[tuple[int, str, Content]] = []
        column = 0
        for action, enabled in self.shown:
            entry = self._entry(action, enabled=enabled)
            if column + entry.cell_length > end:
                break
            head.append((column, f"screen.act('{action.id}')", entry))
            column += entry.cell_length + _GAP
        return [*head, *tail]

    def render(self) -> Content:
        """Render the line."""
        line = Content("")
        for column, _, entry in self._places():
            line = line.pad_right(max(0, column - line.cell_length)) + entry
        return line

    async def on_click(self, event: events.Click) -> None:
        """Run the action under the mouse."""
        for column, action, entry in self._places():
            if column <= event.x - self.styles.padding.left < column + entry.cell_length:
                await self.run_action(action)

    def _entry(self, action: Action, *, enabled: bool) -> Content:
        keys = keys_of(self.app, action)
        key = glyph(self, show_key(next((key for key in keys if not self._is_typed(key)), keys[0])))
        if enabled:
            return Content.assemble(
                (key, "b $footer-key-foreground"), " ", (action.label, "$footer-description-foreground")
            )
        return Content.styled(f"{key} {action.label}", "dim $footer-description-foreground 60%")

    def _is_typed(self, key: str) -> bool:
        """Return whether the focused widget consumes a key as typed text."""
        return self._typing_in is not None and self._typing_in.check_consume_key(key, key_to_character(key))
