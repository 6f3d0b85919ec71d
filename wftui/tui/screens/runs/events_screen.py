"""The events of a run with their payload."""

import json
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from wftui.tui.actions import Action
from wftui.tui.screens.base.action_modal import ActionModal
from wftui.tui.screens.runs.value_screen import ValueScreen
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.run.event_list import EventList, EventSource
from wftui.tui.widgets.value.export import TextSource

_GROUP = "Events"


class EventsScreen(ActionModal[int | None]):
    """Returns the number of the event to show the run at; None to leave.

    Args:
        total: number of events.
        number: the event that is shown now.
        values: loads values that events refer to.
    """

    DEFAULT_CSS = """
    EventsScreen > Vertical { width: 96%; height: 92%; border: round $border; border-title-color: $primary; }
    EventsScreen > Vertical { background: $surface; }
    EventsScreen EventList { height: 1fr; }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("events.leave", "Back", "Close the events.", ("escape", "q"), _GROUP),
        Action("events.open", "Payload", "Show the event with all of its fields.", ("enter",), _GROUP),
        Action("events.go_to", "Show run", "Show the run as it was after the event.", ("p",), _GROUP),
        Action("events.copy", "Copy", "Copy the event as JSON.", ("y",), _GROUP),
        Action("events.help", "Keys", "Show the keys.", ("question_mark", "f1"), _GROUP),
    )

    def __init__(
        self, source: EventSource, values: TextSource, *, total: int, number: int, ascii_only: bool = False
    ) -> None:
        super().__init__()
        self._list = EventList(source, ascii_only=ascii_only)
        self._values = values
        self._total = total
        self._number = number
        self._ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """Yield the events and the keys."""
        with Vertical() as box:
            box.border_title = Content(f"{self._total:,} events")
            yield self._list
            yield KeyLine(self.ACTIONS)

    def on_mount(self) -> None:
        """Show the events once the height is known."""
        self._list.focus()
        self.call_after_refresh(self._list.show, self._total, self._number)

    def action_leave(self) -> None:
        """Close the dialog."""
        self.dismiss(None)

    def action_go_to(self) -> None:
        """Show the run at the event under the cursor."""
        self.dismiss(self._list.cursor + 1)

    @on(LineView.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open the payload of the event under the cursor."""
        event = self._list.event_at(self._list.cursor)
        if event is not None:
            name = f"event-{event.seq}"
            title = f"{event.type}, event {event.seq:,}"
            self.app.push_screen(
                ValueScreen(title, event.to_wire(), self._values, name=name, ascii_only=self._ascii_only)
            )

    def action_copy(self) -> None:
        """Copy the event under the cursor."""
        event = self._list.event_at(self._list.cursor)
        if event is not None:
            self.app.copy_to_clipboard(json.dumps(event.to_wire(), ensure_ascii=False, indent=2))
            self.notify(f"Copied event {event.seq:,}")
