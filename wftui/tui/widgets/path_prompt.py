"""A question for the path of a file, with completion."""

import asyncio
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

from wftui.model.user.home_paths import expanded


class PathSuggester(Suggester):
    """Completes a path with the first name in its folder that begins like it."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the completed path; None without one."""
        return await asyncio.to_thread(completed, value)


def completed(text: str) -> str | None:
    """Return a path completed by a name of its folder; a folder ends in a slash."""
    folder, separator, beginning = text.rpartition("/")
    if not text or "\0" in text:
        return None
    place = expanded(folder + separator or ".")
    try:
        names = sorted(each.name for each in place.iterdir() if each.name.startswith(beginning))
    except OSError:  # not a folder, or not readable
        return None
    shown = [name for name in names if beginning or not name.startswith(".")]
    if not shown:
        return None
    end = "/" if (place / shown[0]).is_dir() else ""
    return f"{folder}{separator}{shown[0]}{end}"


class PathPrompt(ModalScreen[str | None]):
    """Returns the path of an existing file, or None after Escape; right completes."""

    DEFAULT_CSS = """
    PathPrompt {
        .dialog { width: 72; max-width: 96%; padding: 0 1; }
        .hint { color: $foreground-muted; height: auto; margin-top: 1; }
        .hint.-wrong { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Cancel")]

    def __init__(self, title: str, hint: str) -> None:
        super().__init__()
        self._heading = title
        self._hint = hint

    def compose(self) -> ComposeResult:
        """Compose the line and a hint."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = "→ completes · enter · esc"
            yield Input(placeholder="path of a file", compact=True, suggester=PathSuggester())
            yield Static(self._hint, classes="hint", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if _is_file(event.value):
            self.dismiss(event.value)
        else:
            hint = self.query_one(".hint", Static)
            hint.update("There is no such file.")
            hint.add_class("-wrong")

    def action_give_up(self) -> None:
        """Close without an answer."""
        self.dismiss(None)


def _is_file(text: str) -> bool:
    try:
        return expanded(text).is_file()
    except (OSError, ValueError):
        return False
