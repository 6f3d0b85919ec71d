"""Base class of dialogs with actions."""

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from wftui.tui.actions import WithActions, offered
from wftui.tui.services import services_of

ResultT = TypeVar("ResultT")


class ActionModal(WithActions, ModalScreen[ResultT]):
    """A dialog; subclasses define `ACTIONS` and a method per action."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash,ctrl+f", "app.find", "Find text in the list", show=False),
        Binding("grave_accent,ctrl+backslash", "app.jump", "Jump to a place by its letter", show=False),
    ]

    async def action_act(self, action_id: str) -> None:
        """Run an action of this dialog, unless the session is read-only."""
        action = next((each for each in self.ACTIONS if each.id == action_id), None)
        if action is not None and not offered(self.app, (action,)):
            reason = services_of(self.app).workbench.read_only
            self.notify(f"{action.label}: {reason}", severity="warning", markup=False)
            return
        await self.run_action(f"screen.{action_id.partition('.')[2]}")

    async def action_help(self) -> None:
        """Show the keys."""
        await self.run_action("app.help")
