"""Keeps the unsaved text of an editor on disk, in case the program is killed."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.widget import Widget

from wftui.model.errors import UserError
from wftui.tui.background import in_background, once

if TYPE_CHECKING:
    from wftui.workspace.drafts import DraftFile

Unsaved = tuple[Callable[[], str], str]
"""Returns the unsaved text, in a thread; and the etag of the edited version."""
EVERY = 0.5
"""Longest time in seconds for which typed text is not on disk."""


class DraftKeeper:
    """Writes the text soon after it changes; deletes the draft of saved text.

    Attributes:
        form: while a form is open, returns what writes its values into the source; None if it has no new ones.
    """

    def __init__(
        self,
        owner: Widget,
        file: "DraftFile",
        unsaved: Callable[[], Unsaved | None],
        failed: Callable[[UserError], None],
    ) -> None:
        """Write to `file` in workers of `owner`.

        Args:
            owner: the editor.
            file: of this editor alone.
            unsaved: returns what is to be kept; None if everything is saved.
            failed: called with the reason why nothing can be written, once until it can.
        """
        self._owner = owner
        self._file = file
        self._unsaved = unsaved
        self._failed = failed
        self._timer: Timer | None = None
        self._has_failed = False
        self.form: Callable[[], Callable[[], str] | None] | None = None

    def form_closed(self) -> None:
        """Keep the text without a form.

        Not called if the program ends below an open form, which is kept.
        """
        self.form = None
        self.text_changed()

    def text_changed(self) -> None:
        """Schedule a write, unless one is scheduled."""
        if self._timer is None:
            self._timer = once(self._owner, EVERY, self._begin)

    def _begin(self) -> None:
        self._timer = None
        in_background(self._owner, self._write, group="draft")

    async def _write(self) -> None:
        await self.write()

    async def write(self) -> bool:
        """Write the unsaved text now; return whether all of it is stored."""
        try:
            await asyncio.to_thread(self._store, self._unsaved())
        except UserError as error:
            if not self._has_failed:
                self._has_failed = True
                self._failed(error)
            return False
        self._has_failed = False
        return True

    def close(self, *, keep: bool) -> None:
        """Write the unsaved text a last time, or delete the draft.

        Args:
            keep: the editor ends without an answer of the user, as with a closed terminal.
        """
        if self._timer is not None:
            self._timer.stop()
        with contextlib.suppress(UserError):  # nobody sees this screen any more; `write` has reported it
            self._store(self._unsaved() if keep else None)
        self._file.release()

    def _store(self, unsaved: Unsaved | None) -> None:
        if unsaved is None:
            self._file.forget()
        else:
            text, etag = unsaved
            self._file.keep(text(), etag)
