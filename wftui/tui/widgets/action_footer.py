"""The last line of a screen: what can be done here, by which key; clickable, and dim where it cannot be done now."""

from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from wftui.tui.actions import Action


class ActionFooter(Widget):
    """One line of `key label`, as many as fit; help and quit always do."""

    DEFAULT_CSS = """
    ActionFooter {
        dock: bottom;
        height: 1;
        padding: 0 1;
        background: $footer-background;
        color: $foreground-muted;
    }
    """

    ALLOW_SELECT = False

    shown: reactive[tuple[tuple[Action, bool], ...]] = reactive((), layout=False)
    """The actions of the screen and whether each can be done now, most useful first."""
    always: reactive[tuple[Action, ...]] = reactive((), layout=False)
    """Actions at the right end."""

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def _update(self, screen: Screen[object]) -> None:
        from wftui.tui.action_screen import ActionScreen

        if isinstance(screen, ActionScreen) and screen.is_mounted:
            self.shown = tuple(
                (action, screen.why_not(action.id) is None)
                for action in screen.ACTIONS
                if action.footer and action.keys
            )
            self.always = screen.footer_tail()

    def render(self) -> Content:
        """The line."""
        tail = Content("  ").join([_entry(action, enabled=True, target="app") for action in self.always])
        room = self.size.width - self.styles.padding.width - tail.cell_length - 2
        head = Content("")
        for action, enabled in self.shown:
            entry = _entry(action, enabled=enabled, target="screen")
            longer = Content.assemble(head, "  ", entry) if head else entry
            if longer.cell_length > room:
                break
            head = longer
        return head.pad_right(max(0, room + 2 - head.cell_length)) + tail


def _entry(action: Action, *, enabled: bool, target: str) -> Content:
    key, click = action.shown_keys[0].replace("[", "\\["), f"@click={target}.act('{action.id}')"
    look = "[b $footer-key-foreground]$key[/] [$foreground]$label[/]" if enabled else "[dim]$key $label[/]"
    return Content.from_markup(f"[{click}]{look}[/]", key=key, label=action.label)
