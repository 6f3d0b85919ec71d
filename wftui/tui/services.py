"""Services of the app for screens and functions, which never import the app."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from textual.app import App
from textual.content import Content
from textual.screen import Screen
from textual.signal import Signal

if TYPE_CHECKING:
    from typing import Protocol

    from textual.document._history import EditHistory

    from wftui.model.base import Json
    from wftui.model.errors import UserError
    from wftui.tui.screen_memory import ScreenMemory
    from wftui.workbench.protocols import AnyWorkbench
else:
    Protocol = object  # to make a protocol takes 0.5 ms of each start, and nothing asks for its instances

ResultT = TypeVar("ResultT")

ScreenName = Literal[
    "accounts",
    "comparison",
    "connections",
    "editor",
    "help",
    "history",
    "missing",
    "monitor",
    "run_file",
    "search",
    "secrets",
    "settings",
    "statistics",
    "step_types",
    "workers",
    "workflows",
]
"""Screens that can be opened by name; `screens.screen_registry` locates them."""


class AppServices(Protocol):
    """The app as seen by its screens."""

    @property
    def workbench(self) -> "AnyWorkbench":
        """The workbench behind all screens."""

    @property
    def screen(self) -> Screen[Any]:
        """The screen in front."""

    @property
    def ascii(self) -> bool:
        """True if the terminal shows only ASCII."""

    @property
    def unrecorded(self) -> Mapping[str, str]:
        """Runs of this process whose events can no longer be stored, with the reason."""

    @property
    def runs_changed(self) -> Signal[str]:
        """Published with the id of a run that started or ended; empty for other changes."""

    @property
    def undo_histories(self) -> "dict[str, tuple[str, EditHistory]]":
        """Text and undo history of closed editors, by workflow."""
        raise NotImplementedError

    @property
    def memory(self) -> "ScreenMemory":
        """Tabs, cursors and filters of screens."""
        raise NotImplementedError

    @property
    def keymap(self) -> Mapping[str, tuple[str, ...]]:
        """Keys of actions that differ from their defaults, by action id."""
        raise NotImplementedError

    def take_keys(self, wanted: "Mapping[str, Sequence[str]]") -> None:
        """Use the keys of the settings instead of the actions' own."""

    def run_counts(self) -> Content:
        """Return the numbers of running and waiting runs, for the title line."""

    def adopt(self, run_id: str) -> None:
        """Announce the end of a run of this process, and list it in the exit summary."""

    def toggle_awaited(self, run_id: str) -> bool:
        """Announce the end of a run, or no longer; return whether it will be."""
        raise NotImplementedError

    def open_screen(self, name: ScreenName, *arguments: object) -> None:
        """Open a screen by its name in the registry."""

    def open_editor(self, workflow_id: str, step_id: str | None = None) -> None:
        """Open a workflow in the editor, at a step where one is named."""

    def open_monitor(self, run_id: str, path: str | None = None) -> None:
        """Open a run in the monitor, at a step where one is named."""

    def open_history(self, workflow_id: str | None = None) -> None:
        """Open the runs of one workflow or of all."""

    def open_run_form(
        self,
        workflow_id: str,
        inputs: "Mapping[str, Json] | None" = None,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
    ) -> None:
        """Ask for a workflow's inputs, if it has any, and run it."""

    def run_in_pool(self, workflow_id: str) -> None:
        """Ask for the pool of a workflow's steps, then run it."""

    async def ask_inputs(self, workflow_id: str, text: str) -> "Mapping[str, Json] | None":
        """Ask for inputs, starting with those of the last run; None after Escape."""

    def show_error(self, error: "UserError", title: str = "Error") -> None:
        """Show an error that the user can act on."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Literal["information", "warning", "error"] = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notification."""

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text to the clipboard of the terminal."""

    async def action_act(self, action_id: str) -> None:
        """Run an action of the app."""

    async def give_way(self) -> None:
        """Handle a waiting key before the next part of long work."""

    async def push_screen_wait(self, screen: Screen[ResultT]) -> ResultT:
        """Open a screen and return its result."""
        raise NotImplementedError


def services_of(app: App[Any]) -> AppServices:
    """Return the services of the app of a screen."""
    return cast("AppServices", app)
