"""The Textual app: screens, the runs of this session, and leaving. Wiring only."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.signal import Signal

from wftui.model.errors import UserError
from wftui.model.text.glyphs import ascii_only
from wftui.tui.actions import APP_ACTIONS, bindings
from wftui.tui.background import ASKING, LOADING, OPENING, in_background
from wftui.tui.display.formatting import count
from wftui.tui.display.theme import HOUSE_RULES, NO_COLOR_RULES, NO_COLORS, WIDE, completed, first_theme
from wftui.tui.exit_summary import ExitMode
from wftui.tui.history_notices import HistoryNotices
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.preferences import Preferences
from wftui.tui.screen_memory import ScreenMemory
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.screens.screen_registry import make_screen
from wftui.tui.services import ScreenName
from wftui.tui.session_runs import SessionRuns
from wftui.tui.terminal.key_parser import BackgroundTold
from wftui.tui.terminal.terminal_app import TerminalApp

if TYPE_CHECKING:
    from textual.document._history import EditHistory

    from wftui.model.base import Json
    from wftui.model.run.summary import CleanupReport
    from wftui.workbench.protocols import AnyWorkbench

_POLL_EVERY = 1.0
"""Seconds between checks on the runs of this process."""

Start = Callable[["WftuiApp"], Awaitable[None] | None]
"""Opens a screen above Workflows, such as `lambda app: app.open_monitor(run_id)`."""


class WftuiApp(TerminalApp[ExitMode], inherit_bindings=False):
    """The app over a workbench; runs and files do not depend on it."""

    TITLE = "wftui"
    DEFAULT_CSS = HOUSE_RULES
    CSS = "ToastRack { margin-bottom: 2; }"  # above the footer and the status bar
    ENABLE_COMMAND_PALETTE = False  # the palette is an action of ours
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(APP_ACTIONS, "app"),
        Binding("ctrl+c", "app.help_quit", show=False, system=True),
    ]

    def __init__(self, workbench: AnyWorkbench, *, start: Start | None = None) -> None:
        """Open screens over a workbench.

        Raises:
            SettingsError: the settings give a key two meanings, or name an action or key that does not exist.
        """
        has_colors = first_theme(os.environ) != NO_COLORS
        super().__init__(OPENING, ASKING, LOADING, ansi_color=None if has_colors else True)
        if not has_colors:
            self.stylesheet.add_source(NO_COLOR_RULES)
        self.workbench = workbench
        self.ascii = ascii_only(os.environ, sys.__stderr__.encoding if sys.__stderr__ else None)
        self.undo_histories: dict[str, tuple[str, EditHistory]] = {}
        """Text and undo history of closed editors, by workflow."""
        self.runs_changed: Signal[str] = Signal(self, "runs-changed")
        """Published with the id of a run that started or ended; empty for other changes."""
        local = workbench.server is None
        self.memory = ScreenMemory(
            workbench.settings.tables if local else None, keeps=local and workbench.read_only is None
        )
        """Tabs, cursors and filters of screens."""
        self._start = start
        self._runs = SessionRuns(self, workbench, self._publish_runs)
        self._history_notices = HistoryNotices(self, workbench)
        self._preferences = Preferences(self)
        self._preferences.take_theme(workbench.settings.theme)
        self.take_keys(workbench.settings.keys)

    def get_css_variables(self) -> dict[str, str]:
        """Return the variables of the theme and of the house rules."""
        return completed(super().get_css_variables(), os.environ, self.console.color_system)

    @property
    def keymap(self) -> Mapping[str, tuple[str, ...]]:
        """Keys of actions that differ from their defaults, by action id."""
        return self._preferences.keymap

    def take_keys(self, wanted: Mapping[str, Sequence[str]]) -> None:
        """Use the keys of the settings instead of the actions' own."""
        self._preferences.take_keys(wanted)

    def on_background_told(self, message: BackgroundTold) -> None:
        """Use the theme that fits the terminal."""
        self._preferences.background_told(message.color)

    def get_default_screen(self) -> Screen[None]:
        """Return the Workflows screen."""
        return make_screen("workflows")

    def on_mount(self) -> None:
        """Start watching runs, and open what `start` asks for, after the first paint."""
        self.set_interval(_POLL_EVERY, self._poll)
        self.call_after_refresh(partial(in_background, self, self.check_attention, group="attention_counts"))
        self._history_notices.begin()
        if self.workbench.server is None and self.workbench.read_only is None:
            self.call_after_refresh(partial(in_background, self, self._apply_retention, group="retention"))
        if self._start is not None:
            self.call_after_refresh(self._open_start, self._start)

    def on_unmount(self) -> None:
        """Keep what the screens show for the next start."""
        self.memory.write()

    async def _apply_retention(self) -> None:
        local = self.workbench.local
        local.retention.report_to(partial(self.call_later, self._notify_removed))
        local.notifications.report_to(partial(self.call_later, self._show_failed_notification))
        with contextlib.suppress(UserError):  # the Workflows screen shows what is wrong with the database
            await local.retention.begin()

    def _notify_removed(self, report: CleanupReport) -> None:
        self.notify(f"{count(report.runs, 'expired run')} removed.", title="History cleanup", timeout=10)

    def _show_failed_notification(self, sentence: str) -> None:
        self.notify(f"{sentence[:1].upper()}{sentence[1:]}", title="Notification", severity="warning", timeout=10)

    async def _open_start(self, start: Start) -> None:
        opening = start(self)
        if opening is not None:
            await opening

    # --- screens

    def open_screen(self, name: ScreenName, *arguments: object) -> None:
        """Open a screen by its name in the registry, or say why a server has none."""
        from wftui.tui.screens.base.local_screen import LocalScreen

        screen = make_screen(name, *arguments)
        if isinstance(screen, LocalScreen) and self.workbench.server is not None:
            place = screen.trail()[0] if name != "editor" else "The editor"
            self.notify(f"{place}: only on the machine of {self.workbench.server}.", severity="warning", markup=False)
        else:
            self.push_screen(screen)

    def open_editor(self, workflow_id: str, step_id: str | None = None) -> None:
        """Open a workflow in the editor, at a step where one is named."""
        self.open_screen("editor", workflow_id, step_id)

    def open_monitor(self, run_id: str, path: str | None = None) -> None:
        """Open a run in the monitor, at a step where one is named.

        Goes back to a run that is already open below, as when walking between a run and its sub-workflows.
        """
        below = self.screen_stack[-2] if len(self.screen_stack) > 1 else None
        if getattr(below, "run_id", None) == run_id:
            self.pop_screen()
        else:
            self.open_screen("monitor", run_id, path)

    def open_history(self, workflow_id: str | None = None) -> None:
        """Open the runs of one workflow or of all."""
        self.open_screen("history", workflow_id)

    def open_run_form(
        self,
        workflow_id: str,
        inputs: Mapping[str, Json] | None = None,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
    ) -> None:
        """Ask for a workflow's inputs, if it has any, and run it.

        Args:
            workflow_id: the workflow to run, as it is on disk.
            inputs: initial values of the form, such as the inputs of an earlier run.
            connections: what the earlier run used instead of the connections that the workflow names.
            pool: of the steps that can run on workers, or `here`; None: as the workflow says.
        """
        from wftui.tui.screens.runs.start_run import start_run

        in_background(
            self, partial(start_run, self, workflow_id, inputs, connections, pool), group="run", exclusive=True
        )

    def run_in_pool(self, workflow_id: str) -> None:
        """Ask for the pool of a workflow's steps, then run it."""
        from wftui.tui.screens.runs.pool_prompt import run_in_pool

        in_background(self, partial(run_in_pool, self, workflow_id), group="run", exclusive=True)

    async def ask_inputs(self, workflow_id: str, text: str) -> Mapping[str, Json] | None:
        """Ask for inputs, starting with those of the last run; None after Escape."""
        from wftui.tui.screens.runs.start_run import ask_inputs

        return await ask_inputs(self, workflow_id, text)

    def show_error(self, error: UserError, title: str = "Error") -> None:
        """Show an error that the user can act on."""
        self.notify(str(error), title=title, severity="error", timeout=10, markup=False)

    # --- runs of this process

    @property
    def session_runs(self) -> list[str]:
        """Runs of this session, oldest first."""
        return self._runs.ids

    @property
    def unrecorded(self) -> Mapping[str, str]:
        """Runs of this process whose events can no longer be stored, with the reason."""
        return self._runs.unrecorded

    def adopt(self, run_id: str) -> None:
        """Announce the end of a run of this process, and list it in the exit summary."""
        self._runs.adopt(run_id)

    def toggle_awaited(self, run_id: str) -> bool:
        """Announce the end of a run, or no longer; return whether it will be."""
        return self._runs.toggle_awaited(run_id)

    async def check_attention(self) -> None:
        """Update the numbers of waiting runs in the title line, as polls do."""
        await self._runs.check_attention()

    async def _poll(self) -> None:
        if self._terminal is not None and self._terminal.is_gone:
            self.terminal_lost()
            return
        self.free_closed()
        self._history_notices.check()
        await self._runs.poll()

    def _publish_runs(self, run_id: str) -> None:
        self.runs_changed.publish(run_id)
        counts = self._runs.run_counts(ascii_only=self.ascii).plain
        if self._terminal is not None:
            self._terminal.set_title(f"wftui: {counts}" if counts else "wftui")

    def run_counts(self) -> Content:
        """Return the numbers of running and waiting runs, for the title line."""
        counts = self._runs.run_counts(ascii_only=self.ascii)
        if self.workbench.read_only is None:
            return counts
        return Content("  ").join([each for each in (Content.styled("read-only", "b $text-warning"), counts) if each])

    # --- actions of every screen

    async def action_act(self, action_id: str) -> None:
        """Run an action of the app, unless it changes something in a read-only session."""
        action = next(action for action in APP_ACTIONS if action.id == action_id)
        if action.changes and self.workbench.read_only is not None:
            self.notify(f"{action.label}: {self.workbench.read_only}", severity="warning", markup=False)
            return
        await self.run_action(f"app.{action_id.partition('.')[2]}")

    def action_help(self) -> None:
        """Show the keys of the current screen."""
        self.open_screen("help", self.screen)

    def action_palette(self) -> None:
        """Open the command palette."""
        from wftui.tui.palette import open_palette
        from wftui.tui.widgets.picker import Picker

        if not isinstance(self.screen, Picker):
            in_background(self, partial(open_palette, self), group="ask", exclusive=True)

    def action_find(self) -> None:
        """Find text in the focused list."""
        from wftui.tui.navigation import find_row

        in_background(self, partial(find_row, self), group="ask", exclusive=True)

    def action_jump(self) -> None:
        """Go to a place by its letter."""
        from wftui.tui.navigation import jump

        in_background(self, partial(jump, self), group="ask", exclusive=True)

    def action_theme(self) -> None:
        """Choose a theme, with a preview of each, and keep it for later starts."""
        in_background(self, self._preferences.choose_theme, group="ask", exclusive=True)

    def action_suspend(self) -> None:
        """Stop the program until `fg`, unless runs of this process would stop with it."""
        if self.workbench.runs.running():
            self.notify("Suspend: the active runs of this process would stop with it.", severity="warning")
        else:
            self.action_suspend_process()

    def action_history(self) -> None:
        """Show all runs."""
        self.open_history()

    def action_workers(self) -> None:
        """Show the workers of pools."""
        self.open_screen("workers")

    def action_step_types(self) -> None:
        """Show the step types."""
        self.open_screen("step_types")

    def action_connections(self) -> None:
        """Show the connections."""
        self.open_screen("connections")

    def action_settings(self) -> None:
        """Show the settings."""
        self.open_screen("settings")

    async def action_back(self) -> None:
        """Leave the current screen, unless it is the first or has unsaved changes."""
        if len(self.screen_stack) > 1:
            in_background(self, partial(self._back, self.screen), group="leave", exclusive=True)

    async def _back(self, screen: Screen[object]) -> None:
        if isinstance(screen, ActionScreen) and screen.end_search():
            return
        if (not isinstance(screen, ActionScreen) or await screen.may_leave()) and screen is self.screen:
            await self.pop_screen()

    def action_mouse(self) -> None:
        """Release the mouse to the terminal, or capture it again."""
        if self._terminal is not None:
            taken = self._terminal.toggle_mouse()
            self.notify("Mouse captured." if taken else "Mouse released: select text with it.")

    def action_attention(self) -> None:
        """Open the next run that needs attention."""
        in_background(self, self._next_attention, group="attention", exclusive=True)

    async def _next_attention(self) -> None:
        try:
            queue = [item.run.id for item in await self.workbench.runs.attention()]
        except UserError as error:
            self.show_error(error)
            return
        if not queue:
            self.notify("No run needs attention.")
            return
        here = getattr(self.screen, "run_id", None)
        run_id = queue[(queue.index(here) + 1) % len(queue)] if here in queue else queue[0]
        if here in queue:
            # Replace the shown run, so that one step back leaves the queue.
            await self.pop_screen()
        self.open_monitor(run_id)

    # --- leaving

    def action_help_quit(self) -> None:
        """Explain how to quit when ctrl+c has nothing to copy."""
        self.notify(with_keys(self, "Press {app.quit*} to quit."), markup=False)

    async def action_quit(self) -> None:
        """Quit, after asking about unsaved changes and active runs."""
        in_background(self, self._leave, group="leave", exclusive=True)

    async def _leave(self) -> None:
        from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen

        for screen in reversed(self.screen_stack):
            if isinstance(screen, ActionScreen) and not await screen.may_leave():
                return
        leaving: ExitMode | None = ExitMode.DONE
        if running := self.workbench.runs.running():
            chosen = await self.push_screen_wait(
                ConfirmScreen(
                    "Active runs",
                    f"{count(len(running), 'run')} still active. Quit anyway?",
                    [
                        Choice("stay", "Stay", "escape"),
                        Choice("finish", "Quit and let them finish", "f"),
                        Choice("cancel", "Cancel them and quit", "c", danger=True),
                    ],
                )
            )
            leaving = {"finish": ExitMode.FINISH, "cancel": ExitMode.CANCEL}.get(chosen or "stay")
        if leaving is not None:
            self.exit(leaving)

    def terminal_lost(self) -> None:
        """Exit when the terminal is gone; runs continue."""
        self.exit(ExitMode.LOST)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Disable cursor blink, which repaints over a slow line for nothing."""
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False
