"""What all screens share: title line, footer, actions with their reasons, and the way to app and workbench."""

import inspect
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.screen import Screen

from wftui.model.errors import UserError
from wftui.tui.actions import APP_ACTIONS, Action, bindings
from wftui.tui.widgets.action_footer import ActionFooter
from wftui.tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from wftui.tui.app import WftuiApp
    from wftui.workbench import Workbench

ResultT = TypeVar("ResultT")


class ActionScreen(Screen[ResultT]):
    """A full screen. A subclass gives `ACTIONS`, `trail`, `compose_body`, `why_not`, and one method per action."""

    ACTIONS: ClassVar[tuple[Action, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        """Make the bindings of a screen from its actions, before Textual merges them."""
        own = cls.__dict__.get("ACTIONS")
        if own is not None:
            cls.BINDINGS = [*bindings(own), *cls.__dict__.get("BINDINGS", ())]
        super().__init_subclass__(**options)

    @property
    def wftui(self) -> "WftuiApp":
        """The app, by its own type."""
        return cast("WftuiApp", self.app)

    @property
    def workbench(self) -> "Workbench":
        """The workbench under the app."""
        return self.wftui.workbench

    def trail(self) -> tuple[str, ...]:
        """Where this screen is, for the title line."""
        return ()

    def compose_body(self) -> ComposeResult:
        """What stands between title and footer."""
        return iter(())

    def why_not(self, action_id: str) -> str | None:
        """Why an action cannot be done now, as the end of a sentence; None when it can."""
        return None

    def footer_tail(self) -> tuple[Action, ...]:
        """Actions of the app that the footer always shows."""
        return tuple(action for action in APP_ACTIONS if action.id in {"app.help", "app.quit"})

    def compose(self) -> ComposeResult:
        """Title, body, footer."""
        yield TitleBar(self.trail())
        yield from self.compose_body()
        yield ActionFooter()

    async def may_leave(self) -> bool:
        """Whether this screen may go away now; one that keeps something unsaved asks."""
        return True

    def attempt(self, work: Coroutine[Any, Any, None], *, group: str = "default", exclusive: bool = False) -> None:
        """Do something in a worker of this screen; what the user can cause is shown as a sentence."""
        self.run_worker(self._attempt(work), group=group, exclusive=exclusive)

    async def _attempt(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except UserError as error:
            self.show_error(error)

    def show_error(self, error: UserError) -> None:
        """Say what went wrong."""
        self.notify(str(error), title="That did not work", severity="error", timeout=10, markup=False)

    async def action_act(self, action_id: str) -> None:
        """Do an action of this screen, or say why it cannot be done."""
        action = next(action for action in self.ACTIONS if action.id == action_id)
        reason = self.why_not(action_id)
        if reason is None:
            doing = getattr(self, f"action_{action.verb}")()
            if inspect.isawaitable(doing):
                await doing
        else:
            self.notify(f"{action.label}: {reason}", severity="warning", markup=False)
