"""A value in full."""

import asyncio
import json
from functools import partial
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.json.big_values import keeping_big_values
from wftui.model.json.incremental import read_json
from wftui.store.events.payloads import as_reference
from wftui.tui.actions import Action
from wftui.tui.background import in_background
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.base.action_modal import ActionModal
from wftui.tui.screens.dialogs.file_prompts import ask_new_file
from wftui.tui.services import services_of
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.prompt_input import PromptInput
from wftui.tui.widgets.value.browser import ValueBrowser
from wftui.tui.widgets.value.export import COPY_LIMIT, TextSource, as_text, save_value
from wftui.tui.widgets.value.paths import parse_path
from wftui.tui.widgets.value.sizes import size_text
from wftui.tui.widgets.value.view import ValueView

_GROUP = "Value"
_TABLE_LIMIT = 64_000_000
"""Characters of a list that is read for a table."""
_LONGEST_REFERENCE = 10_000


class ValueScreen(ActionModal[None]):
    """A value in a dialog, to read, search and save.

    Args:
        title: title of the value.
        value: the value, or a reference to one.
        source: loads a referenced value.
        name: name of the file to save to, without its extension.
    """

    DEFAULT_CSS = """
    ValueScreen > Vertical { width: 96%; height: 92%; border: round $border; border-title-color: $primary; }
    ValueScreen ValueBrowser { height: 1fr; }
    ValueScreen > Vertical { background: $surface; }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("value.leave", "Back", "Close the value.", ("escape", "q"), _GROUP),
        Action("value.search", "Search", "Search the value; re: begins a regular expression.", ("slash",), _GROUP),
        Action("value.table", "Table", "Show the list at the cursor as a table.", ("t",), _GROUP),
        Action("value.copy", "Copy", "Copy the element at the cursor.", ("y",), _GROUP),
        Action("value.help", "Keys", "Show the keys.", ("question_mark", "f1"), _GROUP),
        Action("value.copy_path", "Copy path", "Copy the address of the element at the cursor.", ("A",), _GROUP),
        Action("value.go_to", "Go to", "Go to an address, such as rows[3].name or /rows/3/name.", ("J",), _GROUP),
        Action("value.fold", "Fold", "Fold the object or list at the cursor, or the one around it.", ("left",), _GROUP),
        Action("value.unfold", "Unfold", "Unfold the object or list at the cursor.", ("right",), _GROUP),
        Action(
            "value.fold_all", "Fold all", "Fold all elements of the value; again to unfold everything.", ("O",), _GROUP
        ),
        Action("value.open", "Open", "Fold or unfold at the cursor; open a stored value.", ("enter",), _GROUP),
        Action("value.save", "Save", "Save the full value to a new file.", ("s",), _GROUP),
        Action("value.next_match", "Next match", "Go to the next match.", ("n",), _GROUP),
        Action("value.previous_match", "Previous match", "Go to the previous match.", ("N",), _GROUP),
    )

    def __init__(self, title: str, value: Json, source: TextSource, *, name: str, ascii_only: bool = False) -> None:
        super().__init__()
        self._view = ValueBrowser(source, ascii_only=ascii_only)
        self._ascii = ascii_only
        self._title = title
        self._value = value
        self._file = name
        self._asking: Literal["search", "go to"] = "search"

    def compose(self) -> ComposeResult:
        """Yield the value, the search line and the keys."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield self._view
            yield PromptInput()
            yield KeyLine(self.ACTIONS)

    def on_mount(self) -> None:
        """Show the value once its width is known."""
        self._view.focus()
        self.call_after_refresh(self._view.show, self._value)

    def action_leave(self) -> None:
        """Close the dialog."""
        self.dismiss(None)

    # --- searching

    def action_search(self) -> None:
        """Ask for a search term."""
        self._asking = "search"
        hint = "text to find; re: begins a regular expression"
        self.query_one(PromptInput).ask(hint, self._view.search, self._view)

    @on(PromptInput.Answered)
    def _asked(self, event: PromptInput.Answered) -> None:
        if self._asking == "go to":
            in_background(self, partial(self._go_to, event.text), group="go-to", exclusive=True)
            return
        try:
            self._view.set_search(event.text)
        except UserError as error:
            services_of(self.app).show_error(error, "Search failed")

    @on(ValueView.Searched)
    @on(LineView.Moved)
    def _show_position(self) -> None:
        parts = (self._view.found(), self._view.location)
        self.query_one(Vertical).border_subtitle = Content("  ".join(part for part in parts if part))

    # --- elements

    def action_copy(self) -> None:
        """Copy the element at the cursor."""
        in_background(self, self._copy, group="copy", exclusive=True)

    async def _copy(self) -> None:
        try:
            text = await self._view.element(COPY_LIMIT)
        except UserError as error:
            services_of(self.app).show_error(error, "Copy failed")
            return
        if text is None:
            saves = with_keys(self.app, "{value.save} saves the full value.")
            self.notify(f"The element exceeds the clipboard limit; {saves}", severity="warning", markup=False)
            return
        self.app.copy_to_clipboard(_readable(text))
        self.notify(f"Copied {self._view.location or 'the value'}", markup=False)

    def action_copy_path(self) -> None:
        """Copy the address of the element at the cursor."""
        path = self._view.path
        if path:
            self.app.copy_to_clipboard(path)
            self.notify(f"Copied {path[:200]}", markup=False)
        else:
            self.notify("The whole value has no address.")

    def action_go_to(self) -> None:
        """Ask for an address."""
        self._asking = "go to"
        self.query_one(PromptInput).ask("address, such as rows[3].name or /rows/3/name", self._view.path, self._view)

    async def _go_to(self, text: str) -> None:
        keys = parse_path(text)
        if keys is None:
            self.notify(
                f"{text} is not an address such as rows[3].name or /rows/3/name.", severity="warning", markup=False
            )
        elif not await self._view.go_to_path(keys):
            self.notify(f"There is no {text}.", severity="warning", markup=False)

    def action_fold(self) -> None:
        """Fold at the cursor."""
        self._view.action_scroll_left()

    def action_unfold(self) -> None:
        """Unfold at the cursor."""
        self._view.action_scroll_right()

    def action_fold_all(self) -> None:
        """Fold the elements of the value, or unfold everything."""
        in_background(self, self._view.fold_all, group="fold", exclusive=True)

    @on(LineView.Chosen)
    def _chosen(self, event: LineView.Chosen) -> None:
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Open the stored value at the cursor, else fold or unfold."""
        in_background(self, self._open, group="open", exclusive=True)

    async def _open(self) -> None:
        text = await self._view.element(_LONGEST_REFERENCE)
        value = _parsed(text) if text is not None else None
        if as_reference(value) is not None and value != self._value:
            title = f"{self._view.location} in {self._title}"
            self.app.push_screen(
                ValueScreen(title, value, self._view.source, name=f"{self._file}-part", ascii_only=self._ascii)
            )
        elif not self._view.unfold():
            await self._view.fold()

    def action_table(self) -> None:
        """Show the list at the cursor as a table."""
        in_background(self, self._table, group="open", exclusive=True)

    async def _table(self) -> None:
        from wftui.tui.screens.runs.value_table_screen import ValueTableScreen
        from wftui.tui.widgets.value.table_rows import TableRows

        with keeping_big_values():
            try:
                text = await self._view.element(_TABLE_LIMIT, of_list=True)
                items = await asyncio.to_thread(_parsed, text) if text is not None else None
            except UserError as error:
                services_of(self.app).show_error(error, "Table failed")
                return
            if text is None:
                saves = with_keys(self.app, "{value.save} saves it.")
                self.notify(f"The list exceeds {size_text(_TABLE_LIMIT)}; {saves}", severity="warning", markup=False)
            elif isinstance(items, list):
                rows = await asyncio.to_thread(TableRows, items)
                await self.app.push_screen(ValueTableScreen(self._title, rows, self._show_row, ascii_only=self._ascii))
            else:
                self.notify("Only a list is shown as a table.", severity="warning")

    def action_next_match(self) -> None:
        """Go to the next match."""
        self._jump(1)

    def action_previous_match(self) -> None:
        """Go to the previous match."""
        self._jump(-1)

    def _jump(self, by: int) -> None:
        if self._view.search:
            self._view.jump(by)
        else:
            self.action_search()

    def _show_row(self, position: int, row: Json) -> None:
        title, name = f"[{position}] of {self._title}", f"{self._file}-{position}"
        self.app.push_screen(ValueScreen(title, row, self._view.source, name=name, ascii_only=self._ascii))

    # --- saving

    def action_save(self) -> None:
        """Ask for a file name, and save."""
        in_background(self, self._save, group="save", exclusive=True)

    async def _save(self) -> None:
        reference = as_reference(self._value)
        is_text = isinstance(self._value, str) or (reference is not None and reference.preview.startswith('"'))
        name = f"{self._file}.{'txt' if is_text else 'json'}"
        path = await ask_new_file(services_of(self.app), "Save to file", name)
        if path is None:
            return
        try:
            await save_value(self._value, self._view.source, path)
        except UserError as error:
            services_of(self.app).show_error(error, "Save failed")
        else:
            size = (await asyncio.to_thread(path.stat)).st_size
            self.notify(f"Saved to {path}, {size_text(size)}", markup=False)


def _parsed(text: str) -> Json:
    """Return the value of a text; None if it is cut, or too deep to be read."""
    try:
        return read_json(text)
    except ValueError:
        return None


def _readable(text: str) -> str:
    """Return an element as clipboard text; as it is stored if it is too deep."""
    try:
        return as_text(json.loads(text))
    except (ValueError, RecursionError):
        return text
