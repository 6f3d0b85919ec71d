"""The keys of the current screen, generated from its actions."""

import textwrap

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from wftui.tui.actions import APP_ACTIONS, Action, keys_of, offered, show_key
from wftui.tui.widgets.glyphs import glyph

_LEAST = 20
"""Least width of a description beside its keys instead of below them."""


class HelpScreen(ModalScreen[None]):
    """Keys and descriptions by group, scrollable."""

    DEFAULT_CSS = """
    HelpScreen {
        .dialog { width: 76; max-width: 96%; height: auto; max-height: 92%; padding: 1 2; scrollbar-gutter: stable; }
        Static { height: auto; }
    }
    """
    BINDINGS = [Binding("escape,q,question_mark,f1", "dismiss", "Close")]  # noqa: RUF012 - Textual declares it so

    def __init__(self, of: Screen[object]) -> None:
        super().__init__()
        self._of = of

    def compose(self) -> ComposeResult:
        """Yield the scrollable text."""
        with VerticalScroll(classes="dialog") as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc"
            yield Static(markup=False)

    def on_mount(self) -> None:
        """Focus the text for scrolling."""
        self.query_one(VerticalScroll).focus()

    def on_resize(self, _event: events.Resize) -> None:
        """Wrap the descriptions to the width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        room = self.query_one(VerticalScroll).scrollable_content_region.width
        self.query_one(Static).update(self._text(room))

    def _signs(self, action: Action) -> list[str]:
        return [glyph(self, show_key(key)) for key in keys_of(self.app, action)]

    def _text(self, room: int) -> Content:
        actions: tuple[Action, ...] = getattr(self._of, "ACTIONS", ())  # modal screens declare them too
        groups: dict[str, list[tuple[str, str]]] = {}
        everywhere = (
            () if isinstance(self._of, ModalScreen) else APP_ACTIONS
        )  # a dialog receives the keys before the app
        for action in offered(self.app, (*actions, *everywhere)):
            if keys_of(self.app, action):
                groups.setdefault(action.group, []).append((" ".join(self._signs(action)), action.help))
        focused = self._of.focused
        if focused is not None and (own := _widget_keys(focused)):
            groups["Focused widget"] = own
        width = max(len(keys) for rows in groups.values() for keys, _ in rows)
        beside = room - width - 2 >= _LEAST
        lines: list[Content] = []
        for group, rows in groups.items():
            lines += [Content(""), Content.styled(group, "b $primary")]
            for keys, sentence in rows:
                indent = width + 2 if beside else 2
                first, *more = textwrap.wrap(sentence, max(1, room - indent)) or [""]
                if not beside:
                    lines.append(Content.styled(keys, "b"))
                    more.insert(0, first)
                else:
                    lines.append(Content.assemble((f"{keys:>{width}}  ", "b"), first))
                lines += [Content(" " * indent + part) for part in more]
        return Content("\n").join(lines[1:])


def _widget_keys(widget: DOMNode) -> list[tuple[str, str]]:
    keys: dict[str, list[str]] = {}
    for key, binding in widget._bindings:
        if binding.description:
            keys.setdefault(binding.description, []).append(show_key(key))
    return [(" ".join(names[:3]), description) for description, names in keys.items()]
