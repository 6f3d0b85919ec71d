"""What a person can do on a screen: one registry from which bindings, footer, help, palette and documentation are made.

A screen declares its `ACTIONS`; the method `action_<verb>` does the work, `<screen>.<verb>` being the action's id.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType

MULTIPLEXER_KEYS = frozenset({"ctrl+a", "ctrl+b", "ctrl+j", "ctrl+o", "ctrl+q", "ctrl+s"})
"""Keys that tmux, screen or flow control may take: an action never has one of them as its only key."""

_SHOWN = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "slash": "/",
    "colon": ":",
    "enter": "⏎",
    "escape": "esc",
    "delete": "del",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "plus": "+",
    "minus": "-",
    "full_stop": ".",
    "comma": ",",
    "space": "space",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do.

    Attributes:
        id: `<screen>.<verb>`; the method is `action_<verb>`.
        label: a word or two, for the footer and the palette.
        help: a sentence, for the help screen and the documentation.
        keys: Textual's key names, the first one shown in the footer; none means: by the palette only.
        group: heading in the help screen.
        footer: whether the footer shows it where there is room.
        priority: taken before the focused widget sees the key (a text area takes every character).
    """

    id: str
    label: str
    help: str
    keys: tuple[str, ...] = ()
    group: str = ""
    footer: bool = True
    priority: bool = False

    @property
    def verb(self) -> str:
        """The part of the id that names the method."""
        return self.id.partition(".")[2]

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """The keys as people read them."""
        return tuple(show_key(key) for key in self.keys)


def show_key(key: str) -> str:
    """A key name of Textual as people read it: `ctrl+s` is `^s`, `question_mark` is `?`."""
    *modifiers, last = key.split("+")
    name = _SHOWN.get(last, last)
    if len(name) > 1 and name[0] == "f" and name[1:].isdigit():
        name = name.upper()
    prefix = "".join(
        {"ctrl": "^", "shift": "shift-", "alt": "alt-"}.get(modifier, f"{modifier}-") for modifier in modifiers
    )
    return prefix + name


FIELD_KEYS: tuple[Binding, ...] = (
    Binding("tab", "app.focus_next", show=False, priority=True),
    Binding("shift+tab", "app.focus_previous", show=False, priority=True),
)
"""Of every form. At once, so that what is typed right after Tab (over a slow line it comes in one burst) meets the next
field: a secret must not be written into the field before its own, where it could be read."""


def bindings(actions: Iterable[Action], target: str = "") -> list[BindingType]:
    """The bindings of some actions, all through `act`, which says why when one cannot be done now.

    Args:
        actions: the actions; those without a key are left out.
        target: Textual's action namespace (`app` for actions of the app).
    """
    prefix = f"{target}." if target else ""
    return [
        Binding(
            ",".join(action.keys),
            f"{prefix}act('{action.id}')",
            action.label,
            tooltip=action.help,
            priority=action.priority,
            id=action.id,
        )
        for action in actions
        if action.keys
    ]


APP_ACTIONS: tuple[Action, ...] = (
    Action("app.help", "Help", "Show the keys of this screen.", ("question_mark", "f1"), "Everywhere"),
    Action("app.palette", "Commands", "Find any command or workflow by name.", ("ctrl+p", "colon"), "Everywhere"),
    Action(
        "app.attention",
        "Next to answer",
        "Open the next run that needs a person: a failure, an approval, an interrupted run.",
        ("exclamation_mark",),
        "Everywhere",
        footer=False,
    ),
    Action("app.history", "History", "Show the runs of all workflows.", ("H",), "Everywhere", footer=False),
    Action(
        "app.step_types",
        "Step types",
        "Show the step types, and trust those of the workspace.",
        ("T",),
        "Everywhere",
        footer=False,
    ),
    Action("app.connections", "Connections", "Show the connections.", ("C",), "Everywhere", footer=False),
    Action("app.settings", "Settings", "Show and change the settings.", ("S",), "Everywhere", footer=False),
    Action(
        "app.mouse",
        "Mouse on/off",
        "Give the mouse back to the terminal, to select text with it; again takes it.",
        ("f12",),
        "Everywhere",
        footer=False,
    ),
    Action("app.theme", "Theme", "Choose the colours.", (), "Everywhere", footer=False),
    Action("app.back", "Back", "Go back to the screen before.", ("escape",), "Everywhere", footer=False),
    Action("app.quit", "Quit", "Leave; runs that go on are asked about.", ("q", "f10", "ctrl+q"), "Everywhere"),
)
"""What can be done on every screen."""
