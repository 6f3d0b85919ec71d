"""A screen of several panes, one of which is chosen: by its tab, by its number, by the keys around, or by the mouse."""

from typing import ClassVar

from textual import events, on
from textual.reactive import reactive

from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.widgets.pane_tabs import PaneTabs


class PanedScreen(ActionScreen[None]):
    """Has a `PaneTabs` and a widget per pane, whose id is the pane's; the chosen one's id is a class of the screen."""

    PANES: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Id and title of each pane, in the order of the tabs."""

    view: reactive[str] = reactive("", init=False)
    """Id of the chosen pane."""

    def on_mount(self) -> None:
        """Give each pane its title."""
        self.show_tabs()
        for pane, title in self.PANES:
            self.query_one(f"#{pane}").border_title = title

    def pane_title(self, pane: str, title: str) -> str:
        """The title of a tab; a screen may add a number."""
        return title

    def watch_view(self, view: str) -> None:
        """Show the chosen pane."""
        for pane, _ in self.PANES:
            self.set_class(pane == view, f"-{pane}")
        self.show_tabs()

    def show_tabs(self) -> None:
        """Bring the line of tabs up to date."""
        for tabs in self.query(PaneTabs):
            tabs.current = self.view
            tabs.names = tuple((pane, self.pane_title(pane, title)) for pane, title in self.PANES)

    def enter(self, pane: str) -> None:
        """Show a pane and put the cursor into it."""
        self.view = pane
        self.call_after_refresh(self.query_one(f"#{pane}").focus)

    def turn(self, step: int) -> None:
        """Enter the pane so many further on, around the end."""
        panes = [pane for pane, _ in self.PANES]
        self.enter(panes[(panes.index(self.view) + step) % len(panes)])

    @on(PaneTabs.Chosen)
    def _tab_chosen(self, event: PaneTabs.Chosen) -> None:
        if event.enter:
            self.enter(event.pane)
        else:
            self.view = event.pane

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The pane with the cursor is the chosen one."""
        if event.widget.id in {pane for pane, _ in self.PANES}:
            self.view = event.widget.id or self.view

    def action_next_pane(self) -> None:
        """Around the panes."""
        self.turn(1)

    def action_previous_pane(self) -> None:
        """Around the panes, backwards."""
        self.turn(-1)
