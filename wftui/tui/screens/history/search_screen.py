"""Search for text in logs and values of the runs that the history shows."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from wftui.model.errors import UserError
from wftui.model.run.search import TextMatch, finder
from wftui.model.run.summary import ExecutionFilters
from wftui.model.text.local_times import local_text
from wftui.runtime.patterns.searching import all_matches
from wftui.tui.actions import Action
from wftui.tui.background import in_background
from wftui.tui.display.formatting import count
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.widgets.line_view import FOUND, LineView
from wftui.tui.widgets.log.sanitize import clean, plain

_MOST = 5_000
_GROUP = "Search"


class MatchView(LineView):
    """The matches, one in each row."""

    fixed_rows: ClassVar[int] = 1

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.matches: list[TextMatch] = []
        self.text = ""

    def top_line(self, width: int) -> Content:
        """Return the titles of the columns."""
        return Content.styled(f"{'Time':14} Workflow, step, place, text", "$foreground-muted")

    def row(self, index: int, width: int) -> Content:
        """Render a match: when and where, then the text."""
        match = self.matches[index]
        time = local_text(match.timestamp, "%m-%d %H:%M:%S")
        place = f"{time} {match.workflow_id} {match.path or '-'} {match.where}  "
        text = plain(clean(match.text))
        content = Content(text)
        for found in all_matches(finder(self.text), text):
            content = content.stylize(FOUND, found.start(), found.end())
        return Content.assemble((place, "$foreground-muted"), content)

    def show(self) -> None:
        """Show matches that were added or removed."""
        self.set_rows(len(self.matches), max((300 if match.text else 0 for match in self.matches), default=0))


class SearchScreen(ActionScreen[None]):
    """A line for the text, and where it was found.

    Args:
        filters: the runs to search.
        described: these filters as text.
    """

    DEFAULT_CSS = """
    SearchScreen {
        layout: vertical;
        MatchView { height: 1fr; background: $background; }
        #search-state { height: 1; padding: 0 1; color: $foreground-muted; background: $panel; text-wrap: nowrap; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("search.open", "Open", "Show the run, at the step.", ("enter",), _GROUP),
        Action("search.edit", "Text", "Search for another text.", ("slash",), _GROUP),
        Action("search.copy", "Copy", "Copy the line.", ("y",), _GROUP),
    )

    def __init__(self, filters: ExecutionFilters, described: str = "") -> None:
        super().__init__()
        self._filters = filters
        self._described = described

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen."""
        return ("History", "Search")

    def compose_body(self) -> ComposeResult:
        """Yield the text, the matches and their number."""
        yield Input(placeholder="text in logs, inputs, outputs and errors; Enter searches", compact=True)
        yield MatchView(ascii_only=self.services.ascii)
        yield Static(self._which(), id="search-state", markup=False)

    def on_mount(self) -> None:
        """Ask for the text."""
        self.query_one(Input).focus()

    @property
    def _view(self) -> MatchView:
        return self.query_one(MatchView)

    def _which(self) -> str:
        return f"in runs with {self._described}" if self._described else "in all runs"

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value:
            self._view.text, self._view.matches = event.value, []
            self._view.show()
            self._view.focus()
            in_background(self, self._search, group="search", exclusive=True)

    async def _search(self) -> None:
        view, state = self._view, self.query_one("#search-state", Static)
        state.update(f"searching {self._which()}")
        try:
            async for matches in self.workbench.search.grep(view.text, self._filters):
                view.matches += matches
                view.show()
                state.update(f"{count(len(view.matches), 'place')}, searching {self._which()}")
                self.refresh_bindings()
                if len(view.matches) >= _MOST:
                    break
        except UserError as error:
            state.update(str(error))
            return
        more = ", more are not shown" if len(view.matches) >= _MOST else ""
        state.update(f"{count(len(view.matches), 'place')} {self._which()}{more}")
        self.refresh_bindings()

    def why_not(self, action_id: str) -> str | None:
        """Disable actions without a match."""
        return "nothing was found" if action_id != "search.edit" and not self._view.matches else None

    @on(LineView.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open the run of the match, at its step."""
        match = self._view.matches[self._view.cursor]
        self.services.open_monitor(match.run_id, match.path)

    def action_edit(self) -> None:
        """Edit the text."""
        self.query_one(Input).focus()

    def action_copy(self) -> None:
        """Copy the text of the match."""
        self.app.copy_to_clipboard(self._view.matches[self._view.cursor].text)
        self.notify("Copied the line")
