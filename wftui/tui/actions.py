"""Registry of actions: source of bindings, footer, help, palette and keys.md.

A screen declares its `ACTIONS`; the action `<screen>.<verb>` runs its method `action_<verb>`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.keys import key_to_character

from wftui.model.data_class import dataclass

MULTIPLEXER_KEYS = frozenset({"ctrl+a", "ctrl+b", "ctrl+j", "ctrl+o", "ctrl+q", "ctrl+s"})
"""Keys taken by tmux, screen or flow control; never the only key of an action."""

_SHOWN = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "slash": "/",
    "grave_accent": "`",
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
    "equals_sign": "=",
    "minus": "-",
    "full_stop": ".",
    "comma": ",",
    "space": "space",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


CHANGING = frozenset(
    f"{screen}.{verb}"
    for screen, verbs in {
        "app": "theme",
        "workflows": "run new duplicate rename delete edit_outside compile_all",
        "editor": "save run edit_step add_step fix fix_all delete_step duplicate_step move_up move_down wrap rename"
        " cut_step paste_step add_before add_inside move_in move_out unwrap toggle_step try_step run_to pin insert_name"
        " undo redo paste_command edit_workflow lock_tools edit_outside",
        "run_form": "run",
        "monitor": "cancel rerun rerun_from connect resume approve reject",
        "restart": "run",
        "value": "save",
        "history": "rerun export import cleanup bulk columns",
        "missing": "get",
        "step_form": "take",
        "trial": "again pin",
        "diff": "restore",
        "connections": "edit add accounts remove",
        "secrets": "change add remove",
        "step_types": "trust",
        "accounts": "connect",
        "settings": "change unset rule cleanup",
    }.items()
    for verb in verbs.split()
)
"""Ids of the actions that change something."""


@dataclass(frozen=True, slots=True)
class Action:
    """Action of a screen or of the app.

    Attributes:
        id: `<screen>.<verb>`; the method is `action_<verb>`.
        label: one to three words, for the footer and the palette.
        help: a sentence, for the help screen and the documentation.
        keys: Textual's key names, the first one shown in the footer; without any, only the palette has the action.
        group: heading in the help screen.
        footer: whether the footer shows it where there is room.
        priority: handled before the focused widget (a text area takes every character).
    """

    id: str
    label: str
    help: str
    keys: tuple[str, ...] = ()
    group: str = ""
    footer: bool = True
    priority: bool = False

    @property
    def changes(self) -> bool:
        """True if it writes, runs or answers something.

        Read-only sessions neither show nor run it."""
        return self.id in CHANGING

    @property
    def verb(self) -> str:
        """Part of the id that names the method."""
        return self.id.partition(".")[2]

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """Keys as shown to the user."""
        return tuple(show_key(key) for key in self.keys)


def keys_of(app: App[Any], action: Action) -> tuple[str, ...]:
    """Return the keys of an action: those that the user's settings name, else its own."""
    keymap: Mapping[str, tuple[str, ...]] = getattr(app, "keymap", {})
    return keymap.get(action.id, action.keys)


def offered(app: App[Any], actions: Iterable[Action]) -> tuple[Action, ...]:
    """Return the actions that the session has: all, or those that change nothing."""
    is_read_only = getattr(getattr(app, "workbench", None), "read_only", None) is not None
    return tuple(action for action in actions if not (is_read_only and action.changes))


def show_key(key: str) -> str:
    """Return a Textual key name as shown to the user: `ctrl+s` as `^s`."""
    *modifiers, last = key.split("+")
    character = key_to_character(last)
    name = _SHOWN.get(last) or (character if character and character.isprintable() else last)
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
"""Keys of every form, handled before the focused field.

Typed ahead, as over a slow line, characters after Tab reach the next field: a secret must not end up in the readable
field before its own."""


_NO_KEY = "no_key"
"""The name of a key that no terminal sends."""


def bindings(actions: Iterable[Action], target: str = "") -> list[BindingType]:
    """Return the bindings of actions; each runs `act`, which checks availability.

    Args:
        actions: the actions; one without a key gets that of the settings only.
        target: Textual's action namespace (`app` for actions of the app).
    """
    prefix = f"{target}." if target else ""
    return [
        Binding(
            ",".join(action.keys) or _NO_KEY,
            f"{prefix}act('{action.id}')",
            action.label,
            tooltip=action.help,
            priority=action.priority,
            id=action.id,
        )
        for action in actions
    ]


DECLARED: dict[str, Action] = {}
"""Actions of the screens and dialogs imported so far, by their id."""


class WithActions:
    """Base of screens and dialogs: `ACTIONS` make their bindings."""

    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    BINDINGS: ClassVar[list[BindingType]]

    def __init_subclass__(cls, **options: Any) -> None:
        """Derive the bindings from the actions, before Textual merges them."""
        own = cls.__dict__.get("ACTIONS", ())
        if own:
            DECLARED.update((action.id, action) for action in own)
            cls.BINDINGS = [*bindings(own), *cls.__dict__.get("BINDINGS", ())]
        super().__init_subclass__(**options)


APP_ACTIONS: tuple[Action, ...] = (
    Action("app.help", "Help", "Show the keys of this screen.", ("question_mark", "f1"), "Everywhere"),
    Action("app.palette", "Commands", "Find a command or workflow by name.", ("ctrl+p", "colon"), "Everywhere"),
    Action(
        "app.attention",
        "Attention",
        "Open the next run that needs attention: failed, interrupted or waiting for approval or a worker.",
        ("exclamation_mark",),
        "Everywhere",
        footer=False,
    ),
    Action(
        "app.find",
        "Find",
        "Find text in the focused list; again for the next row that has it.",
        ("slash", "ctrl+f"),
        "Everywhere",
        footer=False,
    ),
    Action(
        "app.jump",
        "Jump",
        "Label every place that can have the focus, and go to the one whose letter is pressed.",
        ("grave_accent", "ctrl+backslash"),
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
    Action("app.workers", "Workers", "Show the workers of pools, and what they do.", (), "Everywhere", footer=False),
    Action("app.connections", "Connections", "Show the connections.", ("C",), "Everywhere", footer=False),
    Action("app.settings", "Settings", "Show and change the settings.", ("S",), "Everywhere", footer=False),
    Action(
        "app.mouse",
        "Mouse on/off",
        "Release the mouse to the terminal to select text, or capture it again.",
        ("f12",),
        "Everywhere",
        footer=False,
    ),
    Action("app.theme", "Theme", "Choose a color theme, and keep it.", (), "Everywhere", footer=False),
    Action(
        "app.redraw",
        "Redraw",
        "Redraw the whole screen, such as after another program has written to the terminal.",
        (),
        "Everywhere",
        footer=False,
    ),
    Action(
        "app.suspend",
        "Suspend",
        "Stop wftui until fg in the shell; where the key has another meaning, the palette has this one.",
        ("ctrl+z",),
        "Everywhere",
        footer=False,
    ),
    Action("app.back", "Back", "Go back to the previous screen.", ("escape",), "Everywhere", footer=False),
    Action("app.quit", "Quit", "Quit, after asking about active runs.", ("q", "f10", "ctrl+q"), "Everywhere"),
)
"""Actions available on every screen."""

FIELD_ACTIONS: tuple[Action, ...] = (
    Action(
        "field.ways",
        "More",
        "Give the value another way: none, null, empty, as JSON, from a file.",
        ("f7",),
        "Field",
    ),
)
"""Actions of the fields in every form."""


def widget_bindings(actions: Iterable[Action]) -> list[BindingType]:
    """Return the bindings of actions of a widget; each runs the method of that name."""
    return [
        Binding(",".join(each.keys) or _NO_KEY, each.verb, each.label, tooltip=each.help.removesuffix("."), id=each.id)
        for each in actions
    ]
