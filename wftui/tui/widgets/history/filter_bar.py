"""Filters of the run history: a query line and status toggles."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from wftui.model.clock import Clock
from wftui.model.history_query import STATUSES, HistoryQuery, QueryError, parse_query
from wftui.model.run.record import ExecutionStatus
from wftui.model.run.summary import ExecutionFilters
from wftui.tui.display.status import look
from wftui.tui.key_actions.key_sentences import shown_key

_RECENT = 20


class StatusSwitches(Widget):
    """`1 ○ pending  2 ● running …`; selected statuses in brackets."""

    DEFAULT_CSS = """
    StatusSwitches { height: 1; color: $foreground-muted; text-wrap: nowrap; }
    """
    ALLOW_SELECT = False

    class Switched(Message):
        """A status was clicked."""

        def __init__(self, status: ExecutionStatus) -> None:
            super().__init__()
            self.status = status

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self.selected: frozenset[ExecutionStatus] = frozenset()

    def show(self, selected: frozenset[ExecutionStatus]) -> None:
        """Show the selected statuses; none means all."""
        self.selected = selected
        self.refresh()

    def _entries(self) -> list[tuple[ExecutionStatus, Content]]:
        entries = []
        for number, status in enumerate(STATUSES, 1):
            style = look(status, ascii_only=self.ascii_only)
            on_, ends = status in self.selected, "[]" if status in self.selected else "  "
            entries.append(
                (
                    status,
                    Content.assemble(
                        (ends[0], "bold $primary"),
                        (shown_key(self.app, f"history.status_{number}"), "$primary"),
                        (style.glyph, style.color),
                        (f" {style.word}", "bold $foreground" if on_ else ""),
                        (ends[1], "bold $primary"),
                    ),
                )
            )
        return entries

    def render(self) -> Content:
        """Render the line."""
        return Content("").join([entry for _, entry in self._entries()])

    def on_click(self, event: events.Click) -> None:
        """Toggle the status under the mouse."""
        offset, position = event.get_content_offset(self), 0
        for status, entry in self._entries():
            if offset is not None and position <= offset.x < position + entry.cell_length:
                self.post_message(self.Switched(status))
            position += entry.cell_length


class FilterBar(Vertical):
    """The query of the history; posts `Changed` when it changes."""

    DEFAULT_CSS = """
    FilterBar {
        height: auto;
        & > Input { height: 1; border: none; padding: 0 1; background: $surface; }
        & > #filter-error { height: 1; padding: 0 1; color: $text-error; display: none; }
        & > #filter-error.-wrong { display: block; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "recall(-1)", "Earlier filter", show=False),
        Binding("down", "recall(1)", "Later filter", show=False),
    ]

    class Changed(Message):
        """The query changed."""

    class Left(Message):
        """The user submitted the query line."""

    def __init__(self, query: HistoryQuery, now: Clock, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.current = query
        self.now = now
        self.ascii_only = ascii_only
        self.recent: list[str] = []
        """Queries that were submitted or chosen, the newest first."""
        self._recalled = -1

    def compose(self) -> ComposeResult:
        """Compose query line, status toggles and error line."""
        fields = "text workflow: user: label: since:monday longer:5m error:http contains:text"
        key = shown_key(self.app, "history.filter")
        yield Input(str(self.current), placeholder=f"{key} {fields}".strip(), compact=True, select_on_focus=False)
        yield StatusSwitches(ascii_only=self.ascii_only)
        yield Static(id="filter-error", markup=False)

    def on_mount(self) -> None:
        """Show the initial query."""
        self.query_one(StatusSwitches).show(self.current.statuses)

    def _remember(self) -> None:
        """Keep the query to be recalled."""
        text = str(self.current)
        self._recalled = -1
        if text:
            self.recent = [text, *(each for each in self.recent if each != text)][:_RECENT]

    def action_recall(self, by: int) -> None:
        """Write an earlier query into the line, or a later one."""
        at = self._recalled - by
        if -1 <= at < len(self.recent):
            self._recalled = at
            line = self.query_one(Input)
            line.value = self.recent[at] if at >= 0 else ""
            line.cursor_position = len(line.value)

    def edit(self) -> None:
        """Focus the query line behind its last filter, so that another one can be added."""
        line = self.query_one(Input)
        is_in_quotes = line.value.count('"') % 2
        if line.value and not line.value.endswith(" ") and not is_in_quotes:
            line.value += " "
        line.cursor_position = len(line.value)
        line.focus()

    def set_query(self, query: HistoryQuery) -> None:
        """Replace the query, as if it had been typed."""
        self._remember()
        with self.prevent(Input.Changed):
            self.query_one(Input).value = str(query)
        self._take(query)

    def filters(self) -> ExecutionFilters | None:
        """Return the filters; None if no run can match them, which is shown."""
        try:
            return self.current.filters(self.now())
        except QueryError as error:
            self._refuse(error)
            return None

    def _refuse(self, error: QueryError) -> None:
        line = self.query_one("#filter-error", Static)
        line.update(str(error))
        line.add_class("-wrong")

    @on(Input.Changed)
    def _written(self, event: Input.Changed) -> None:
        event.stop()
        try:
            query = parse_query(event.value, self.now())
        except QueryError as error:
            self._refuse(error)
            return
        self._take(query)

    def _take(self, query: HistoryQuery) -> None:
        self.query_one("#filter-error", Static).remove_class("-wrong")
        self.query_one(StatusSwitches).show(query.statuses)
        if query != self.current:
            self.current = query
            self.post_message(self.Changed())

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._remember()
        self.post_message(self.Left())

    @on(StatusSwitches.Switched)
    def _switched(self, event: StatusSwitches.Switched) -> None:
        event.stop()
        self.set_query(self.current.switched(event.status))
