"""The keys of the current screen, generated from its actions."""

import textwrap
from collections.abc import Iterator

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from wftui.tui.actions import APP_ACTIONS, Action, keys_of, offered, show_key
from wftui.tui.display.glyphs import glyph

_HELP = next(action for action in APP_ACTIONS if action.id == "app.help")
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

    def on_key(self, event: events.Key) -> None:
        """Close by the keys that open it, which the settings may have changed."""
        if event.key in keys_of(self.app, _HELP):
            event.stop()
            self.dismiss()

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
        if own := self._focused_keys():
            groups["Where the focus is"] = own
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

    def _focused_keys(self) -> list[tuple[str, str]]:
        """Return our keys of the focused widget and of those around it."""
        found: dict[str, str] = {}
        focused = self._of.focused
        for node in focused.ancestors_with_self if focused is not None else ():
            if node is self._of:
                break
            for key, meaning, action_id in _own_keys(node):
                for each in getattr(self.app, "keymap", {}).get(action_id, (key,)):
                    found.setdefault(each, meaning)
        by_meaning: dict[str, list[str]] = {}
        for key, meaning in found.items():
            by_meaning.setdefault(meaning, []).append(glyph(self, show_key(key)))
        return [(" ".join(names), f"{meaning}.") for meaning, names in by_meaning.items()]


def _own_keys(node: DOMNode) -> Iterator[tuple[str, str, str | None]]:
    """Yield keys, meanings and ids of a widget's bindings, but for the toolkit's."""
    toolkit = {
        (binding.key, binding.action)
        for kind in type(node).__mro__
        if not kind.__module__.startswith("wftui.")
        for bindings in BindingsMap(kind.__dict__.get("BINDINGS", ())).key_to_bindings.values()
        for binding in bindings
    }
    for key, binding in node._bindings:
        if binding.description and (key, binding.action) not in toolkit:
            yield key, binding.tooltip or binding.description, binding.id
