import pytest
from textual.binding import Binding
from textual.keys import Keys

from wftui.tui.actions import APP_ACTIONS, MULTIPLEXER_KEYS, Action, bindings, show_key
from wftui.tui.key_actions.editor_actions import EDITOR_ACTIONS
from wftui.tui.screens.workflows_screen import WorkflowsScreen

ALL = [("app", APP_ACTIONS), ("editor", EDITOR_ACTIONS), ("workflows", WorkflowsScreen.ACTIONS)]


@pytest.mark.parametrize(("name", "actions"), ALL, ids=[name for name, _ in ALL])
def test_actions_have_descriptions_and_usable_keys(name: str, actions: tuple[Action, ...]) -> None:
    assert len({action.id for action in actions}) == len(actions)
    for action in actions:
        assert action.id.startswith(f"{name}.")
        assert action.help.endswith(".")
        assert action.label
        assert action.group
        assert not action.keys or set(action.keys) - MULTIPLEXER_KEYS, f"{action.id}: a multiplexer takes its only key"


@pytest.mark.parametrize(("name", "actions"), ALL[1:], ids=[name for name, _ in ALL[1:]])
def test_no_key_has_two_meanings_on_a_screen(name: str, actions: tuple[Action, ...]) -> None:
    own = [key for action in actions for key in action.keys]
    assert len(own) == len(set(own))
    shadowed = set(own) & {key for action in APP_ACTIONS for key in action.keys}
    allowed = {"H", "ctrl+z", "slash", "ctrl+f"}  # the history of this workflow, undo, and the screen's own search
    assert shadowed <= allowed, "a screen may narrow what a key does everywhere, not change it"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("ctrl+s", "^s"),
        ("question_mark", "?"),
        ("f5", "F5"),
        ("shift+f8", "shift-F8"),
        ("enter", "⏎"),
        ("R", "R"),
        ("alt+1", "alt-1"),
    ],
)
def test_keys_are_shown_as_people_read_them(key: str, shown: str) -> None:
    assert show_key(key) == shown


def test_actions_without_a_key_have_none_that_a_terminal_sends() -> None:
    [binding] = bindings([Action("x.y", "Y", "Do y.")])
    assert isinstance(binding, Binding)
    assert binding.id == "x.y", "the settings can give it one"
    assert binding.key not in {key.value for key in Keys}
