"""Base class of full screens: title line, footer, actions, services of the app."""

import inspect
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from wftui.model.errors import UserError
from wftui.tui.actions import APP_ACTIONS, Action, WithActions
from wftui.tui.background import in_background
from wftui.tui.services import AppServices, services_of
from wftui.tui.widgets.action_footer import ActionFooter
from wftui.tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from wftui.workbench.protocols import AnyWorkbench

ResultT = TypeVar("ResultT")

_LISTS = "LineView, OptionList, StepView"
"""Types of lists, as a selector: each has keys of its own."""


class ActionScreen(WithActions, Screen[ResultT]):
    """A full screen; subclasses define `ACTIONS` and a method per action.

    They may override `trail`, `compose_body`, `why_not` and `may_leave`.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""  # Textual would take the first text field, or a hidden list

    _acting = ""
    """Label of the action whose method is being called."""
    _has_been_shown = False

    @property
    def services(self) -> AppServices:
        """The services of the app."""
        return services_of(self.app)

    @property
    def workbench(self) -> "AnyWorkbench":
        """The workbench of the app."""
        return self.services.workbench

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen for the title line."""
        return ()

    def compose_body(self) -> ComposeResult:
        """Yield the widgets between title and footer."""
        return iter(())

    def why_not(self, action_id: str) -> str | None:
        """Return why an action is disabled, as the end of a sentence; None if enabled."""
        return None

    def footer_tail(self) -> tuple[Action, ...]:
        """Return the actions of the app that the footer always shows."""
        return tuple(action for action in APP_ACTIONS if action.id in {"app.help", "app.quit"})

    def compose(self) -> ComposeResult:
        """Yield title, body and footer, which are styled for the width from the start."""
        width = self.app.size.width
        names = [name for least, name in sorted(self.app.HORIZONTAL_BREAKPOINTS or ()) if width >= least]
        self.update_classes(dict.fromkeys(names[-1:], True), animate=False)
        yield TitleBar(self.trail())
        yield from self.compose_body()
        yield ActionFooter()

    def end_search(self) -> bool:
        """End a search in this screen, before it is left; return whether there was one."""
        return False

    async def may_leave(self) -> bool:
        """Return whether this screen may close; ask about unsaved changes."""
        return True

    def attempt(
        self, work: Coroutine[Any, Any, object], *, name: str = "", group: str = "default", exclusive: bool = False
    ) -> None:
        """Run work in a worker of this screen, and show a `UserError` it raises.

        Args:
            work: what to run.
            name: names the work in the title of the error; the label of the action that starts it by default.
            group: group of the worker.
            exclusive: cancel the other workers of the group.
        """
        in_background(self, partial(self._attempt, work, name or self._acting), group=group, exclusive=exclusive)

    async def _attempt(self, work: Coroutine[Any, Any, object], name: str) -> None:
        try:
            await work
        except UserError as error:
            self.services.show_error(error, f"{name} failed" if name else "Error")

    @on(events.Mount)
    def _follow_layout(self) -> None:
        """Look at the focus whenever widgets appear or go."""
        self.screen_layout_refresh_signal.subscribe(self, lambda _screen: self._focus_list())

    @on(events.ScreenResume)
    def _keep_styles(self, event: events.ScreenResume) -> None:
        """Do not style all widgets again when the screen is shown for the first time."""
        event.refresh_styles = event.refresh_styles and self._has_been_shown
        self._has_been_shown = True

    @on(events.ScreenResume)
    def _focus_list(self) -> None:
        """Give the focus to a list if nothing has it.

        The rows may have come late, or a filter was cleared.
        """
        if self.focused is None and self.app.app_focus and (shown := self.list_shown) is not None:
            self.set_focus(shown, scroll_visible=False)

    @property
    def list_shown(self) -> Widget | None:
        """The first list that is shown and takes keys."""
        return next((each for each in self.query(_LISTS) if each.focusable and each.region), None)

    @on(events.Mount)
    def _follow_runs(self) -> None:
        """Keep the title line up to date with the runs of the app."""
        self.services.runs_changed.subscribe(self, self._show_news)
        self._show_news("")

    @on(events.Unmount)
    def _follow_no_runs(self) -> None:
        """Unsubscribe: a signal keeps its subscribers until it is published."""
        self.services.runs_changed.unsubscribe(self)

    def _show_news(self, _run_id: str) -> None:
        self.query_one(TitleBar).run_counts = self.services.run_counts()

    async def action_act(self, action_id: str) -> None:
        """Run an action of this screen, or say why it is disabled."""
        action = next(action for action in self.ACTIONS if action.id == action_id)
        reason = self.workbench.read_only if action.changes else None
        reason = reason or self.why_not(action_id)
        if reason is None:
            self._acting = action.label
            try:
                doing = getattr(self, f"action_{action.verb}")()
                if inspect.isawaitable(doing):
                    await doing
            except UserError as error:
                self.services.show_error(error, f"{action.label} failed")
            finally:
                self._acting = ""
        else:
            self.notify(f"{action.label}: {reason}", severity="warning", markup=False)
