"""The missing requirements of a run that did not start, and how to provide them."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.tui.actions import Action
from wftui.tui.display.glyphs import glyph
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.base.action_screen import ActionScreen

_GROUP = "Missing requirements"
_HELP = "Then press {monitor.rerun} on the run to rerun it."


class MissingScreen(ActionScreen[None]):
    """A list of missing requirements.

    Args:
        workflow_id: workflow of the run.
        missing: requirements from the details of the run's error.
    """

    DEFAULT_CSS = """
    MissingScreen {
        OptionList, OptionList:focus { height: 1fr; border: none; background: $background; padding: 0 1; }
        .heading { padding: 0 1; }
        .about { height: auto; padding: 0 2; border-top: solid $border-blurred; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("missing.get", "Connect", "Open the screen that provides it.", ("enter", "m"), _GROUP),
        Action("missing.copy", "Copy command", "Copy the equivalent command.", ("y",), _GROUP),
    )

    def __init__(self, workflow_id: str, missing: Sequence[Mapping[str, Json]]) -> None:
        super().__init__()
        self.workflow_id = workflow_id
        self.missing = list(missing)
        self._there: frozenset[str] | None = None
        """Connections and secrets that were there at first."""
        self._added: frozenset[str] = frozenset()

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen."""
        return ("Runs", self.workflow_id, "Missing requirements")

    def compose_body(self) -> ComposeResult:
        """Yield the list, and the command for the selected requirement."""
        yield Static("Steps: what they lack" if self.missing else "", classes="heading", markup=False)
        yield OptionList(*(Option(Content(_line(each))) for each in self.missing), markup=False)
        yield Static(classes="about", markup=False)

    def on_mount(self) -> None:
        """Select the first requirement."""
        listed = self.query_one(OptionList)
        listed.highlighted = 0 if self.missing else None
        listed.focus()

    def on_screen_resume(self) -> None:
        """Mark the requirements that have been added on another screen."""
        if any(_provider(each) for each in self.missing):
            self.attempt(self._read(), group="read", exclusive=True)

    async def _read(self) -> None:
        try:
            service = self.workbench.local.connections
        except UserError:  # those of a server are added there
            return
        connections = {f"connection {each.name}" for each in await service.all()}
        there = frozenset(connections | {f"secret {name}" for name in await service.secrets()})
        if self._there is None:
            self._there = there
        self._added = there - self._there
        listed = self.query_one(OptionList)
        for index, each in enumerate(self.missing):
            line = Content(_line(each))
            if _provider(each) in self._added:
                line = Content.assemble((f"{glyph(self, '✓')} ", "$text-success"), line.stylize("$foreground-muted"))
            listed.replace_option_prompt_at_index(index, line)

    @property
    def selected(self) -> Mapping[str, Json]:
        """The selected requirement."""
        index = self.query_one(OptionList).highlighted
        return self.missing[index] if index is not None else {}

    def why_not(self, action_id: str) -> str | None:
        """Disable actions without a command or a screen."""
        if action_id == "missing.copy" and not self.selected.get("command"):
            return "no command provides this"
        if action_id == "missing.get" and not (self.selected.get("connection") or self.selected.get("secret")):
            return (
                "no screen provides it; copy the command" if self.selected.get("command") else "set it up outside wftui"
            )
        return None

    @on(OptionList.OptionHighlighted)
    def _show_details(self) -> None:
        command = self.selected.get("command")
        lines = [f"On the command line: {command}"] if command else []
        self.query_one(".about", Static).update(Content("\n".join([*lines, with_keys(self.app, _HELP)])))
        self.refresh_bindings()

    @on(OptionList.OptionSelected)
    async def _chosen(self) -> None:
        await self.action_act("missing.get")

    def action_get(self) -> None:
        """Open the accounts, secrets or connections."""
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


def _provider(missing: Mapping[str, Json]) -> str | None:
    """Return the connection or secret that provides it; None for others."""
    kinds = ("connection", "secret") if not missing.get("toolkit") else ()
    return next((f"{kind} {missing[kind]}" for kind in reversed(kinds) if missing.get(kind)), None)


def _line(missing: Mapping[str, Json]) -> str:
    return f"{', '.join(missing.get('steps') or [])}: {missing.get('message') or ''}"
