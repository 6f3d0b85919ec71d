"""A value in full."""

import asyncio
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.store.events.payloads import as_reference
from wftui.tui.actions import Action
from wftui.tui.background import in_background
from wftui.tui.screens.base.action_modal import ActionModal
from wftui.tui.screens.dialogs.file_prompts import ask_new_file
from wftui.tui.services import services_of
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.prompt_input import PromptInput
from wftui.tui.widgets.value.export import TextSource, save_value
from wftui.tui.widgets.value.sizes import size_text
from wftui.tui.widgets.value.view import ValueView

_GROUP = "Value"


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
    ValueScreen ValueView { height: 1fr; }
    ValueScreen > Vertical { background: $surface; }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("value.leave", "Back", "Close the value.", ("escape", "q"), _GROUP),
        Action("value.search", "Search", "Search the value.", ("slash",), _GROUP),
        Action("value.next_match", "Next match", "Go to the next match.", ("n",), _GROUP),
        Action("value.previous_match", "Previous match", "Go to the previous match.", ("N",), _GROUP),
        Action("value.save", "Save", "Save the full value to a new file.", ("s",), _GROUP),
        Action("value.help", "Keys", "Show the keys.", ("question_mark", "f1"), _GROUP),
    )

    def __init__(self, title: str, value: Json, source: TextSource, *, name: str, ascii_only: bool = False) -> None:
        super().__init__()
        self._view = ValueView(source, ascii_only=ascii_only)
        self._title = title
        self._value = value
        self._file = name

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
        self.query_one(PromptInput).ask("search", self._view.search, self._view)

    @on(PromptInput.Answered)
    def _asked(self, event: PromptInput.Answered) -> None:
        self._view.set_search(event.text)

    @on(ValueView.Searched)
    def _searched(self) -> None:
        self.query_one(Vertical).border_subtitle = Content(self._view.found())

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
