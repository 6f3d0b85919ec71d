"""What dialogs whose keys are actions share: the keys themselves, and how they do and explain what they stand for."""

from typing import Any, ClassVar, TypeVar

from textual.screen import ModalScreen

from wftui.tui.actions import Action, bindings

ResultT = TypeVar("ResultT")


class ActionModal(ModalScreen[ResultT]):
    """A dialog. A subclass gives `ACTIONS`, and one method per action."""

    ACTIONS: ClassVar[tuple[Action, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        """Make the bindings of a dialog from its actions, before Textual merges them."""
        own = cls.__dict__.get("ACTIONS")
        if own is not None:
            cls.BINDINGS = [*bindings(own), *cls.__dict__.get("BINDINGS", ())]
        super().__init_subclass__(**options)

    async def action_act(self, action_id: str) -> None:
        """Do an action of this dialog."""
        await self.run_action(f"screen.{action_id.partition('.')[2]}")

    async def action_help(self) -> None:
        """Show the keys."""
        await self.run_action("app.help")
