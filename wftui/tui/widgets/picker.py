"""A modal list with a filter line."""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, ClassVar, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from wftui.tui.background import in_background

_NOTHING = "Nothing matches."
_KEYS = "enter · esc"

PickerOption: TypeAlias = tuple[str, str] | tuple[str, str, str]
"""Name and description of an option, and other words by which it is found."""
Options: TypeAlias = Sequence[PickerOption]


def _rank(text: str, name: str, about: str, others: str) -> int | None:
    """Return how well an option matches a text, 0 for best; None if it does not."""
    words, known = text.split(), others.split()
    if name.startswith(text):
        return 0
    if all(word in name for word in words):
        return 1
    if all(word in name or word in known for word in words):
        return 2
    if all(word in name or word in about or word in known for word in words):
        return 3
    begun = all(word in name or word in about or any(each.startswith(word) for each in known) for word in words)
    return 4 if begun else None


class Picker(ModalScreen[int | None]):
    """Return the index of the chosen option, or None after Escape.

    Attributes:
        options: name and description of each option, once answered those that the index is about.
    """

    DEFAULT_CSS = """
    Picker {
        .dialog { width: 72; max-width: 96%; padding: 0 1; }
        OptionList { height: auto; max-height: 16; border: none; padding: 0; background: $surface; }
        Input { margin-bottom: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("up", "move('up')", show=False),
        Binding("down", "move('down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
    ]

    def __init__(
        self,
        title: str,
        options: Options,
        at: int = 0,
        *,
        highlighted: Callable[[int], None] | None = None,
        read: Callable[[], Coroutine[Any, Any, Options]] | None = None,
    ) -> None:
        """Ask for one of the options.

        Args:
            title: of the dialog.
            options: name and description of each, and other words by which it is found.
            at: the option that is highlighted first.
            highlighted: called with each option that is highlighted.
            read: returns options to show instead, which takes a while; keys wait for them.
        """
        super().__init__()
        self._highlighted = highlighted
        self._read = read
        self._heading = title
        self.options = options
        self._at = at
        self._is_answered = False

    def compose(self) -> ComposeResult:
        """Compose filter line and list."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = _KEYS
            yield Input(placeholder="type to filter", compact=True)
            yield OptionList(*self._matching(""), compact=True, markup=False)

    def on_mount(self) -> None:
        """Highlight the current option."""
        self._list.can_focus = False
        self._list.highlighted = self._at
        if self._read is not None:
            self.query_one(".dialog").border_subtitle = "reading…"
            in_background(self, partial(self._replace, self._read), group="load")

    async def _replace(self, read: Callable[[], Coroutine[Any, Any, Options]]) -> None:
        """Show the options that take a while to read."""
        options = await read()
        if self._is_answered:
            return
        highlighted = self._list.highlighted_option
        name = self.options[int(highlighted.id)][0] if highlighted is not None and highlighted.id else None
        self.options = options
        self._show(self.query_one(Input).value, name)
        self.query_one(".dialog").border_subtitle = _KEYS

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    def _matching(self, text: str) -> list[Option]:
        """Return the options with all words of a text: the best matches first."""
        found, ranked = [], list[tuple[int, int]]()
        for index, (label, description, *others) in enumerate(self.options):
            rank = _rank(text.casefold(), label.casefold(), description.casefold(), " ".join(others).casefold())
            if rank is not None:
                ranked.append((rank, index))
        for _, index in sorted(ranked):
            label, description, *_others = self.options[index]
            shown = Content.assemble(label, ("  " + description if description else "", "$foreground-muted"))
            found.append(Option(shown, id=str(index)))
        return found

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._show(event.value)

    def _show(self, text: str, name: str | None = None) -> None:
        """Show the options that match a text, the first one or that of a name highlighted."""
        found = self._matching(text)
        self._list.clear_options().add_options(found or [Option(_NOTHING, disabled=True)])
        names = [self.options[int(option.id or 0)][0] for option in found]
        self._list.highlighted = (names.index(name) if name in names else 0) if found else None

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        option = self._list.highlighted_option
        if option is not None and not option.disabled:  # at once: the list may be replaced in the next moment
            self._answer(option)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option in self._list.options:  # else it was replaced meanwhile: its index has another meaning
            self._answer(event.option)

    def _answer(self, option: Option) -> None:
        if not self._is_answered:
            self._is_answered = True
            self.dismiss(int(option.id or 0))

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if self._highlighted is not None:
            self._highlighted(int(event.option.id or 0))

    def action_move(self, direction: str) -> None:
        """Move in the list while the filter line keeps the focus."""
        getattr(
            self._list, {"up": "action_cursor_up", "down": "action_cursor_down"}.get(direction, f"action_{direction}")
        )()

    def action_cancel(self) -> None:
        """Close without choosing."""
        self.dismiss(None)
