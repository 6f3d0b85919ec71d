"""A list as a table."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.json.big_values import keeping_big_values
from wftui.tui.actions import Action
from wftui.tui.background import in_background
from wftui.tui.display.formatting import count
from wftui.tui.screens.base.action_modal import ActionModal
from wftui.tui.services import services_of
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.prompt_input import PromptInput
from wftui.tui.widgets.value.export import copied_text
from wftui.tui.widgets.value.table import ValueTable
from wftui.tui.widgets.value.table_rows import TableRows, cell_of
from wftui.workbench.past_runs.search_service import check_search

_GROUP = "Table"


class ValueTableScreen(ActionModal[None]):
    """The objects of a list in columns, to sort and filter."""

    DEFAULT_CSS = """
    ValueTableScreen > Vertical { width: 96%; height: 92%; border: round $border; border-title-color: $primary; }
    ValueTableScreen > Vertical { background: $surface; }
    ValueTableScreen ValueTable { height: 1fr; }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("value_table.leave", "Back", "Close the table.", ("escape", "q"), _GROUP),
        Action("value_table.sort", "Sort", "Sort by the column: ascending, descending, not at all.", ("s",), _GROUP),
        Action("value_table.filter", "Filter", "Show only rows with a text or regular expression.", ("slash",), _GROUP),
        Action("value_table.copy", "Copy", "Copy the cell.", ("y",), _GROUP),
        Action("value_table.open", "Open", "Show the row as a value.", ("enter",), _GROUP),
        Action("value_table.left", "Column before", "Go to the previous column.", ("left",), _GROUP),
        Action("value_table.right", "Next column", "Go to the next column.", ("right",), _GROUP),
        Action("value_table.help", "Keys", "Show the keys.", ("question_mark", "f1"), _GROUP),
    )

    def __init__(
        self, title: str, rows: TableRows, open_row: Callable[[int, Json], object], *, ascii_only: bool = False
    ) -> None:
        """Show a list; `open_row` takes the position of a row and the row."""
        super().__init__()
        self.table = ValueTable(rows, ascii_only=ascii_only)
        self._title = title
        self._open_row = open_row
        self._kept = ExitStack()

    def compose(self) -> ComposeResult:
        """Yield the table, the filter line and the keys."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield self.table
            yield PromptInput()
            yield KeyLine(self.ACTIONS)

    def on_mount(self) -> None:
        """Go to the table."""
        self._kept.enter_context(keeping_big_values())
        self.table.focus()
        self._moved()

    def on_unmount(self) -> None:
        """Release the list."""
        self._kept.close()

    @on(LineView.Moved)
    def _moved(self) -> None:
        table = self.table
        shown = (
            count(len(table.items), "row")
            if table.rows == len(table.items)
            else f"{table.rows:,} of {len(table.items):,} rows"
        )
        key = f"[{table.position}].{table.key}" if table.rows and table.key is not None else ""
        only = f"with {table.wanted}" if table.wanted else ""
        busy = "sorting" if table.is_busy else ""
        self.query_one(Vertical).border_subtitle = Content("  ".join(part for part in (busy, shown, only, key) if part))

    def action_leave(self) -> None:
        """Close the table."""
        self.dismiss(None)

    def action_sort(self) -> None:
        """Sort by the column."""
        self.table.sort()

    def action_left(self) -> None:
        """Go to the previous column."""
        self.table.action_scroll_left()

    def action_right(self) -> None:
        """Go to the next column."""
        self.table.action_scroll_right()

    def action_filter(self) -> None:
        """Ask for a text."""
        hint = "show only rows with this text; re: begins a regular expression"
        self.query_one(PromptInput).ask(hint, self.table.wanted, self.table)

    @on(PromptInput.Answered)
    def _asked(self, event: PromptInput.Answered) -> None:
        try:
            check_search(event.text)
        except UserError as error:
            services_of(self.app).show_error(error, "Filter failed")
        else:
            self.table.show_only(event.text)

    def action_copy(self) -> None:
        """Copy the cell."""
        in_background(self, self._copy, group="copy", exclusive=True)

    async def _copy(self) -> None:
        has, value = cell_of(self.table.selected, self.table.key or "")
        text = await asyncio.to_thread(copied_text, value) if has else ""
        if not text:
            self.notify("The cell exceeds the clipboard limit." if text is None else "Nothing to copy here.")
        else:
            self.app.copy_to_clipboard(text)
            self.notify("Copied the cell")

    @on(LineView.Chosen)
    def _chosen(self, event: LineView.Chosen) -> None:
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show the row as a value."""
        if self.table.rows:
            self._open_row(self.table.position, self.table.selected)
