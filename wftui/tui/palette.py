"""The command palette: actions by label, workflows by name."""

from collections.abc import AsyncIterator, Callable
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.markup import escape

from wftui.model.errors import UserError
from wftui.tui.actions import APP_ACTIONS, Action, keys_of, show_key
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.services import services_of


class ActionProvider(Provider):
    """Finds actions, with the reason of disabled ones, and workflows."""

    async def discover(self) -> Hits:
        """Yield all actions."""
        for title, run, help_text in self._actions():
            yield DiscoveryHit(title, run, help=help_text)

    async def search(self, query: str) -> Hits:
        """Yield the actions and workflows that match, best first."""
        matcher = self.matcher(query)
        found = [*self._actions()]
        async for entry in self._workflows():
            found.append(entry)
        for title, run, help_text in found:
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), run, text=title, help=help_text)

    def _actions(self) -> list[tuple[str, Callable[[], object], str]]:
        app, screen = services_of(self.app), self.screen
        rows: list[tuple[str, Callable[[], object], str]] = []
        if isinstance(screen, ActionScreen):
            for action in screen.ACTIONS:
                reason = screen.why_not(action.id)
                help_text = action.help if reason is None else f"unavailable: {reason}"
                rows.append(
                    (action.label, partial(screen.action_act, action.id), _with_keys(help_text, self._keys(action)))
                )
        for action in APP_ACTIONS:
            rows.append((action.label, partial(app.action_act, action.id), _with_keys(action.help, self._keys(action))))
        return rows

    def _keys(self, action: Action) -> tuple[str, ...]:
        return tuple(show_key(key) for key in keys_of(self.app, action))

    async def _workflows(self) -> AsyncIterator[tuple[str, Callable[[], object], str]]:
        app = services_of(self.app)
        try:
            ids = await app.workbench.workflows.ids()
        except UserError:
            return  # the Workflows screen shows what is wrong with the workspace
        for workflow_id in ids:
            yield f"Open {workflow_id}", partial(app.open_editor, workflow_id), "Open it in the editor."
            yield f"Run {workflow_id}", partial(app.open_run_form, workflow_id), "Ask for its inputs and run it."
            yield f"Runs of {workflow_id}", partial(app.open_history, workflow_id), "Show its runs."


def _with_keys(text: str, keys: tuple[str, ...]) -> str:
    return escape(f"{text}  ({'  '.join(keys)})" if keys else text)
