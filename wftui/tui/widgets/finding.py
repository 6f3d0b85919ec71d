"""Find text in any widget that has rows: a list, a canvas, a source."""

from collections.abc import Callable
from functools import partial
from typing import Protocol, runtime_checkable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList

from wftui.model.errors import UserError


@runtime_checkable
class Finds(Protocol):
    """A widget with a search of its own."""

    def find(self, text: str) -> bool:
        """Go to the next place with a text, wrapping around; return whether there is one."""


def finder_of(widget: Widget | None) -> Callable[[str], bool] | None:
    """Return the search of a widget for the next row with a text; None without rows."""
    if isinstance(widget, OptionList):
        return partial(_find_option, widget)
    return widget.find if isinstance(widget, Finds) else None


def go_to_match(widget: Widget, text: str) -> None:
    """Go to the next row of a widget with a text, or say that there is none."""
    find = finder_of(widget)
    try:
        found = find is None or find(text)
    except UserError as error:
        widget.notify(str(error), title="Search failed", severity="error", markup=False)
    else:
        if not found:
            widget.notify(f"{text} was not found.", markup=False)


def _find_option(listed: OptionList, text: str) -> bool:
    words, after = text.casefold(), -1 if listed.highlighted is None else listed.highlighted
    for index in (*range(after + 1, listed.option_count), *range(after + 1)):
        option = listed.get_option_at_index(index)
        shown = option.prompt.plain if isinstance(option.prompt, Content) else str(option.prompt)
        if not option.disabled and words in shown.casefold():
            listed.highlighted = index
            return True
    return False
