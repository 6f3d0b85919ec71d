"""The command palette: actions of the screen and the app, and workflows."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from textual.app import App
from textual.screen import Screen

from wftui.model.errors import UserError
from wftui.tui.actions import APP_ACTIONS, Action, keys_of, offered, show_key
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.services import AppServices, services_of
from wftui.tui.widgets.picker import Picker


class Command(NamedTuple):
    """An entry: its name, what it does with its keys, and how to do it."""

    label: str
    about: str
    run: Callable[[], object]


async def open_palette(app: App[Any]) -> None:
    """Ask for a command by name, and run it on the screen below."""
    services, screen = services_of(app), app.screen
    commands = [*_actions(app, screen), *await _workflows(services)]
    index = await services.push_screen_wait(Picker("Commands", [(each.label, each.about) for each in commands]))
    if index is not None:
        done = commands[index].run()
        if inspect.isawaitable(done):
            await done


def _actions(app: App[Any], screen: Screen[Any]) -> list[Command]:
    services, found = services_of(app), []
    if isinstance(screen, ActionScreen):
        for action in offered(app, screen.ACTIONS):
            reason = screen.why_not(action.id)
            about = _with_keys(app, action.help if reason is None else f"unavailable: {reason}", action)
            found.append(Command(action.label, about, partial(screen.action_act, action.id)))
    for action in offered(app, APP_ACTIONS):
        found.append(
            Command(action.label, _with_keys(app, action.help, action), partial(services.action_act, action.id))
        )
    return found


async def _workflows(app: AppServices) -> list[Command]:
    from wftui.tui.screens.runs.pool_prompt import has_workers

    try:
        ids = await app.workbench.workflows.ids()
    except UserError:
        return []  # the Workflows screen shows what is wrong with the workspace
    found = []
    for workflow_id in ids:
        found.append(Command(f"Open {workflow_id}", "Open it in the editor.", partial(app.open_editor, workflow_id)))
        if app.workbench.read_only is None:
            ask = partial(app.open_run_form, workflow_id)
            found.append(Command(f"Run {workflow_id}", "Ask for its inputs and run it.", ask))
            if has_workers(app):
                in_pool = partial(app.run_in_pool, workflow_id)
                found.append(Command(f"Run {workflow_id} in a pool", "Ask for the pool of its steps.", in_pool))
        found.append(Command(f"Runs of {workflow_id}", "Show its runs.", partial(app.open_history, workflow_id)))
    return found


def _with_keys(app: App[Any], text: str, action: Action) -> str:
    keys = "  ".join(show_key(key) for key in keys_of(app, action))
    return f"{text}  ({keys})" if keys else text
