"""Base class of screens with several panes, one of them selected."""

from typing import ClassVar

from textual import events, on
from textual.reactive import reactive

from wftui.tui.screens.base.local_screen import LocalScreen
from wftui.tui.widgets.pane_tabs import PaneTabs


class PanedScreen(LocalScreen[None]):
    """A screen with `PaneTabs` and a widget per pane, which has the pane's id.

    The id of the selected pane is a class of the screen.
    """

    PANES: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Id and title of each pane, in tab order."""

    view: reactive[str] = reactive("", init=False)
    """Id of the selected pane."""

    def on_mount(self) -> None:
        """Set the title of each pane."""
        self.show_tabs()
        for pane, title in self.PANES:
            self.query_one(f"#{pane}").border_title = title

    def pane_title(self, pane: str, title: str) -> str:
        """Return the title of a tab; subclasses may add a count."""
        return title

    def watch_view(self, view: str) -> None:
        """Show the selected pane."""
        for pane, _ in self.PANES:
            self.set_class(pane == view, f"-{pane}")
        self.show_tabs()

    def show_tabs(self) -> None:
        """Update the tabs."""
        for tabs in self.query(PaneTabs):
            tabs.current = self.view
            tabs.names = tuple((pane, self.pane_title(pane, title)) for pane, title in self.PANES)

    def enter(self, pane: str) -> None:
        """Show a pane and focus it; the next key goes to it."""
        self.view = pane
        self.set_focus(self.query_one(f"#{pane}"))

    def turn(self, step: int) -> None:
        """Focus the pane that many positions further, wrapping around."""
        panes = [pane for pane, _ in self.PANES]
        self.enter(panes[(panes.index(self.view) + step) % len(panes)])

    @on(PaneTabs.Chosen)
    def _tab_chosen(self, event: PaneTabs.Chosen) -> None:
        if event.enter:
            self.enter(event.pane)
        else:
            self.view = event.pane

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Select the pane that has the focus."""
        if event.widget.id in {pane for pane, _ in self.PANES}:
            self.view = event.widget.id or self.view

    def action_next_pane(self) -> None:
        """Focus the next pane."""
        self.turn(1)

    def action_previous_pane(self) -> None:
        """Focus the previous pane."""
        self.turn(-1)
