"""The user's settings with their origin, and the retention of old runs."""

import asyncio
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wftui.model.errors import UserError
from wftui.model.run.summary import CleanupReport
from wftui.model.text.local_times import local_text
from wftui.settings.keys import WORKFLOW_KEYS, Key, SettingsError, find_key, value_text
from wftui.tui.actions import Action
from wftui.tui.display.formatting import ago, count, short_path
from wftui.tui.screens.base.local_screen import LocalScreen
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.value.sizes import size_text
from wftui.workbench.past_runs.retention_service import HistoryOverview
from wftui.workbench.setup.settings_service import EffectiveSetting

_GROUP = "Settings"


class SettingsScreen(LocalScreen[None]):
    """A list of settings with value and origin; below, the history they apply to."""

    DEFAULT_CSS = """
    SettingsScreen {
        .heading { padding: 0 1; }
        OptionList { height: 1fr; border: none; background: $background; padding: 0 1; }
        OptionList:focus { border: none; background: $background; }
        .about { height: auto; max-height: 6; padding: 0 2; border-top: solid $border-blurred; }
        .overview { height: auto; max-height: 8; padding: 0 2; border-top: solid $border-blurred; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("settings.change", "Change", "Change the setting.", ("enter", "e"), _GROUP),
        Action("settings.unset", "Reset", "Remove it from the file; the default applies again.", ("u",), _GROUP),
        Action("settings.rule", "Rule", "Set a rule for one workflow: retention or notifications.", ("n",), _GROUP),
        Action("settings.cleanup", "Clean up", "Remove expired runs, after confirmation.", ("D",), _GROUP),
    )

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[EffectiveSetting] = []
        self._overview: HistoryOverview | None = None

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen."""
        return ("Settings",)

    def compose_body(self) -> ComposeResult:
        """Yield the list, help on the selected setting, and what is stored."""
        yield Static(classes="heading", markup=False)
        yield OptionList(markup=False)
        yield Static(classes="about", markup=False)
        yield Static("Counting runs…", classes="overview", markup=False)

    async def on_mount(self) -> None:
        """Load the settings and the numbers of runs."""
        self.attempt(self._begin())

    def why_not(self, action_id: str) -> str | None:
        """Disable actions without a setting in the file, or runs to remove."""
        if action_id == "settings.unset" and (self.selected is None or not self.selected.is_set):
            return "it is not set in the file"
        if action_id == "settings.cleanup":
            if self._overview is None:
                return "the runs are still being counted"
            if self._overview.would_go is None:
                return "the settings keep all runs"
            if not self._overview.would_go.runs:
                return "no run has expired"
        return None

    @property
    def selected(self) -> EffectiveSetting | None:
        """The selected setting."""
        index = self.query_one(OptionList).highlighted
        return self._shown[index] if index is not None and index < len(self._shown) else None

    # --- reading

    async def _begin(self) -> None:
        try:
            await self._read()
        except UserError as error:
            self.query_one(".overview", Static).update(Content(str(error)))
            raise

    async def _read(self, select: str | None = None) -> None:
        service = self.workbench.user_settings
        self._shown = await service.all()
        listed = self.query_one(OptionList)
        at = listed.highlighted or 0
        self._show_lines()
        names = [each.name for each in self._shown]
        listed.highlighted = names.index(select) if select in names else min(at, len(names) - 1)
        listed.focus()
        self._show_details()
        self._overview = None
        self.refresh_bindings()
        self._overview = await self.workbench.retention.overview()
        self.query_one(".overview", Static).update(self._overview_text(self._overview))
        self.refresh_bindings()

    def _show_lines(self) -> None:
        """Show head and settings in columns for the current width."""
        head, *lines = _lines(self._shown, self.size.width - 5)
        self.query_one(".heading", Static).update(head)
        listed = self.query_one(OptionList)
        at = listed.highlighted
        listed.set_options([Option(line) for line in lines])
        listed.highlighted = at

    def on_resize(self) -> None:
        """Lay out the columns for the new width."""
        if self._shown:
            self.call_after_refresh(self._show_lines)

    @on(OptionList.OptionHighlighted)
    def _show_details(self) -> None:
        chosen = self.selected
        lines = []
        if chosen is not None:
            lines = [chosen.key.help, f"Takes {chosen.key.takes}; default: {chosen.key.default}."]
            if chosen.origin not in ("settings", "default"):
                lines.append(f"{chosen.origin} overrides the file.")
            if chosen.later is not None:
                lines.append(f"After a restart: {short_path(str(chosen.later))}")
        self.query_one(".about", Static).update(Content("\n".join(lines)))
        self.refresh_bindings()

    def _overview_text(self, overview: HistoryOverview) -> Content:
        path = self.workbench.user_settings.path
        lines = [
            f"File     {short_path(str(path))}{'' if path.exists() else ' (does not exist yet)'}",
            f"History  {count(overview.runs, 'run')}, {size_text(overview.bytes)}",
        ]
        if overview.would_go is None:
            lines.append("Expired  none: all runs are kept")
        elif overview.would_go.runs:
            lines.append(f"Expired  {_expired(overview.would_go)}")
        else:
            lines.append("Expired  none")
        if overview.would_go is not None and overview.would_go.counted_to is not None:
            lines.append(f"         days are counted to {local_text(overview.would_go.counted_to)}: see the clock")
        if overview.last is not None:
            when = ago(overview.last.at, self.workbench.clock())
            lines.append(f"Removed  {count(overview.last.runs, 'run')} automatically, {when}")
        return Content("\n".join(lines))

    # --- changing

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        self.action_change()

    def action_change(self) -> None:
        """Ask for another value."""
        if self.selected is not None:
            self.attempt(self._change(self.selected), group="edit", exclusive=True)

    async def _change(self, setting: EffectiveSetting) -> None:
        key = setting.key
        if key.choices:
            options = [(choice, "") for choice in key.choices]
            chosen = await self.app.push_screen_wait(
                Picker(setting.name, options, key.choices.index(str(setting.value)))
            )
            text = None if chosen is None else key.choices[chosen]
        else:
            text = await self._ask(setting.name, key, "" if setting.value is None else value_text(setting.value))
        if text is not None:
            await self._set(setting.name, text)

    async def _ask(self, name: str, key: Key, value: str = "") -> str | None:
        def check(text: str) -> str | None:
            try:
                key.parse(text)
            except SettingsError as error:
                return str(error)
            return None

        return await self.app.push_screen_wait(PromptScreen(name, value, f"{key.help} Takes {key.takes}.", check))

    async def _set(self, name: str, text: str) -> None:
        if name.startswith("keys."):
            keys = find_key(name)[0].parse(text)
            wanted = {
                **self.services.keymap,
                name.removeprefix("keys."): keys if isinstance(keys, list) else [str(keys)],
            }
            self.services.take_keys(wanted)  # refuses conflicts, before the file is changed
        await self.workbench.user_settings.set(name, text)
        await self._read(name)

    def action_unset(self) -> None:
        """Restore the default."""
        if self.selected is not None:
            self.attempt(self._unset(self.selected.name), group="edit", exclusive=True)

    async def _unset(self, name: str) -> None:
        if name.startswith("keys."):
            rest = {each: keys for each, keys in self.services.keymap.items() if f"keys.{each}" != name}
            self.services.take_keys(rest)
        await self.workbench.user_settings.unset(name)
        await self._read(name)

    def action_rule(self) -> None:
        """Ask for a workflow and its rule."""
        self.attempt(self._rule(), group="edit", exclusive=True)

    async def _rule(self) -> None:
        ids = await asyncio.to_thread(self.workbench.workspace.ids)
        index = await self.app.push_screen_wait(Picker("Workflow", [(name, "") for name in ids]))
        if index is None:
            return
        names = [key.name.replace("<workflow>", ids[index]) for key in WORKFLOW_KEYS]
        options = [(key.name.replace("workflows.<workflow>.", ""), key.help) for key in WORKFLOW_KEYS]
        chosen = await self.app.push_screen_wait(Picker(f"Settings of {ids[index]}", options))
        if chosen is None:
            return
        text = await self._ask(names[chosen], find_key(names[chosen])[0])
        if text is not None:
            await self._set(names[chosen], text)

    # --- old runs

    def action_cleanup(self) -> None:
        """Remove expired runs, after confirmation."""
        if self._overview is not None and self._overview.would_go is not None:
            self.attempt(self._clean_up(self._overview.would_go), group="edit", exclusive=True)

    async def _clean_up(self, would_go: CleanupReport) -> None:
        several = [f"{name} {runs:,}" for name, runs in would_go.workflows.items()]
        question = f"Permanently remove {_expired(would_go)}?\n{', '.join(several)}"
        choices = [Choice("keep", "Cancel", "escape"), Choice("remove", "Remove", "r", danger=True)]
        if await self.app.push_screen_wait(ConfirmScreen("Clean up history", question, choices)) == "remove":
            report = await self.workbench.retention.apply()
            self.notify(f"{count(0 if report is None else report.runs, 'run')} removed.", markup=False)
            await self._read()


def _expired(report: CleanupReport) -> str:
    freed = size_text(max(0, report.bytes_before - report.bytes_after))
    return f"{count(report.runs, 'run')} (about {freed})"


def _lines(settings: list[EffectiveSetting], width: int) -> list[Content]:
    """Return a head and the settings in columns; only values are truncated."""
    names = max((len(each.name) for each in settings), default=7)
    origins = max((len(each.origin) for each in settings), default=4)
    room = max(8, width - names - origins - 4)
    lines = [Content(f"{'Setting':{names}}  {'Value':{room}}  From")]
    for each in settings:
        value = each.key.default if each.value is None else short_path(value_text(each.value))
        shown = value if len(value) <= room else f"…{value[1 - room :]}"
        style = "" if each.origin == "settings" else "$foreground-muted"
        lines.append(Content.assemble(f"{each.name:{names}}  ", (f"{shown:{room}}", style), f"  {each.origin}"))
    return lines
