"""Sentences that name the keys of actions in force, as footer and help show them."""

import re
from functools import cache
from typing import Any

from textual.app import App

from wftui.tui.actions import APP_ACTIONS, DECLARED, FIELD_ACTIONS, Action, keys_of, show_key
from wftui.tui.display.glyphs import glyph

_PLACE = r"([Pp]ress )?\{([a-z_]+\.\w+)(\*?)\}"
_USE = {"Press ": "Use ", "press ": "use "}


def with_keys(app: App[Any], sentence: str) -> str:
    """Return a sentence with the keys of the actions that it names.

    An action without a key is named as the command palette lists it: `Press {editor.undo} to go back.` is
    `Press ^z to go back.`, or `Use the command Undo to go back.`; `{app.quit*}` names all its keys.

    Args:
        sentence: with ids of actions in braces; no text of a user, which may have braces, too.
    """

    def named(found: re.Match[str]) -> str:
        press = found[1] or ""
        keys = shown_keys(app, found[2])
        key = " or ".join(keys if found[3] else keys[:1])
        return press + key if key else f"{_USE.get(press, '')}the command {_action(found[2]).label}"

    return re.sub(_PLACE, named, sentence)


def shown_key(app: App[Any], action_id: str) -> str:
    """Return the first key of an action as the footer shows it; empty: it has none."""
    return next(iter(shown_keys(app, action_id)), "")


def shown_keys(app: App[Any], action_id: str) -> tuple[str, ...]:
    """Return all keys of an action as the help shows them."""
    return tuple(glyph(app, show_key(key)) for key in keys_of(app, _action(action_id)))


def _action(action_id: str) -> Action:
    return DECLARED.get(action_id) or _shared()[action_id]


@cache
def _shared() -> dict[str, Action]:
    """Return the actions of app and big screens, which others name; read when needed."""
    from wftui.tui.key_actions.editor_actions import EDITOR_ACTIONS
    from wftui.tui.key_actions.history_actions import HISTORY_ACTIONS
    from wftui.tui.key_actions.monitor_actions import MONITOR_ACTIONS

    shared = (*APP_ACTIONS, *FIELD_ACTIONS, *EDITOR_ACTIONS, *HISTORY_ACTIONS, *MONITOR_ACTIONS)
    return {action.id: action for action in shared}
