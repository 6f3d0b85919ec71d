"""What a run lacked, so that it did not start, and the way to each of it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wftui.model.base import Json
from wftui.tui.actions import Action
from wftui.tui.screens.base.action_screen import ActionScreen

_GROUP = "What is missing"
_HELP = "Then run the workflow again: r on the run."


class MissingScreen(ActionScreen[None]):
    """A list of what is missing.

    Args:
        workflow_id: of the run.
        missing: as it stands in the details of the run's error.
    """

    DEFAULT_CSS = """
    MissingScreen {
        OptionList, OptionList:focus { height: 1fr; border: none; background: $background; padding: 0 1; }
        .about { height: auto; padding: 0 2; border-top: solid $border-blurred; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("missing.get", "Connect", "Go where it can be connected or added.", ("enter", "m"), _GROUP),
        Action("missing.copy", "Copy command", "Copy the command that does the same.", ("y",), _GROUP),
    )

    def __init__(self, workflow_id: str, missing: Sequence[Mapping[str, Json]]) -> None:
        super().__init__()
        self.workflow_id = workflow_id
        self.missing = list(missing)

    def trail(self) -> tuple[str, ...]:
        """Where this screen is."""
        return ("Runs", self.workflow_id, "What is missing")

    def compose_body(self) -> ComposeResult:
        """The list, and the command for the selected one."""
        yield OptionList(*(Option(Content(_line(each))) for each in self.missing), markup=False)
        yield Static(classes="about", markup=False)

    def on_mount(self) -> None:
        """Begin with the first."""
        listed = self.query_one(OptionList)
        listed.highlighted = 0 if self.missing else None
        listed.focus()

    @property
    def selected(self) -> Mapping[str, Json]:
        """What is under the cursor."""
        index = self.query_one(OptionList).highlighted
        return self.missing[index] if index is not None else {}

    def why_not(self, action_id: str) -> str | None:
        """Not everything has a command, or a screen."""
        if action_id == "missing.copy" and not self.selected.get("command"):
            return "no command gets this"
        if action_id == "missing.get" and not (self.selected.get("connection") or self.selected.get("secret")):
            return (
                "it cannot be got on a screen; the command does it" if self.selected.get("command") else "only you know"
            )
        return None

    @on(OptionList.OptionHighlighted)
    def _tell(self) -> None:
        command = self.selected.get("command")
        lines = [f"The same on the command line: {command}"] if command else []
        self.query_one(".about", Static).update(Content("\n".join([*lines, _HELP])))
        self.refresh_bindings()

    @on(OptionList.OptionSelected)
    async def _chosen(self) -> None:
        await self.action_act("missing.get")

    def action_get(self) -> None:
        """Go to the accounts, to the secrets, or to the connections."""
        connection, toolkit = self.selected.get("connection"), self.selected.get("toolkit")
        if connection and toolkit:
            self.services.open_screen("accounts", connection, toolkit)
        elif self.selected.get("secret"):
            self.services.open_screen("secrets", str(self.selected["secret"]))
        else:
            self.services.open_screen("connections", connection, self.selected.get("kind"))

    def action_copy(self) -> None:
        """Copy the command."""
        self.app.copy_to_clipboard(str(self.selected["command"]))
        self.notify("Copied the command", markup=False)


def _line(missing: Mapping[str, Json]) -> str:
    return f"{', '.join(missing.get('steps') or [])}: {missing.get('message') or ''}"
