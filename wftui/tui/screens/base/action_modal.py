"""Base class of dialogs with actions."""

from typing import TypeVar

from textual.screen import ModalScreen

from wftui.tui.actions import WithActions

ResultT = TypeVar("ResultT")


class ActionModal(WithActions, ModalScreen[ResultT]):
    """A dialog; subclasses define `ACTIONS` and a method per action."""

    async def action_act(self, action_id: str) -> None:
        """Run an action of this dialog."""
        await self.run_action(f"screen.{action_id.partition('.')[2]}")

    async def action_help(self) -> None:
        """Show the keys."""
        await self.run_action("app.help")
