"""Base class of dialogs with actions."""

from typing import Any, ClassVar, TypeVar

from textual.screen import ModalScreen

from wftui.tui.actions import Action, bindings

ResultT = TypeVar("ResultT")


class ActionModal(ModalScreen[ResultT]):
    """A dialog; subclasses define `ACTIONS` and a method per action."""

    ACTIONS: ClassVar[tuple[Action, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        """Derive the bindings from the actions, before Textual merges them."""
        own = cls.__dict__.get("ACTIONS")
        if own is not None:
            cls.BINDINGS = [*bindings(own), *cls.__dict__.get("BINDINGS", ())]
        super().__init_subclass__(**options)

    async def action_act(self, action_id: str) -> None:
        """Run an action of this dialog."""
        await self.run_action(f"screen.{action_id.partition('.')[2]}")

    async def action_help(self) -> None:
        """Show the keys."""
        await self.run_action("app.help")
