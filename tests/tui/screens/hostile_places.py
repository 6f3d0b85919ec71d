"""Places that show texts of others: screens, dialogs, and what opens them."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hostile.hostile_texts import ALL
from textual.screen import Screen

from wftui.engine.restart.restart_plan import StepDecision
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.errors import UserError
from wftui.model.forms.building import form_of
from wftui.model.forms.state import build_form
from wftui.model.run.events import ExecutionEvent, Log, StepStarted
from wftui.model.run.summary import ExecutionFilters
from wftui.tui.app import WftuiApp
from wftui.tui.screens.connections.connection_form import ConnectionForm
from wftui.tui.screens.connections.secrets_screen import SecretForm
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.screens.dialogs.diff import DiffScreen, diff_lines
from wftui.tui.screens.dialogs.jump import JumpScreen
from wftui.tui.screens.dialogs.paste import PasteScreen
from wftui.tui.screens.dialogs.progress import ProgressScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.editor.step_form import StepForm
from wftui.tui.screens.editor.trial_screen import TrialScreen
from wftui.tui.screens.editor.workflow_form import RunFormPreview, WorkflowForm
from wftui.tui.screens.history.cleanup import CleanupScreen
from wftui.tui.screens.runs.events_screen import EventsScreen
from wftui.tui.screens.runs.rerun_plan import RerunPlanScreen
from wftui.tui.screens.runs.value_screen import ValueScreen
from wftui.tui.screens.runs.value_table_screen import ValueTableScreen
from wftui.tui.screens.screen_registry import make_screen
from wftui.tui.screens.step_types_screen import TrustScreen
from wftui.tui.widgets.path_prompt import PathPrompt
from wftui.tui.widgets.picker import Picker
from wftui.tui.widgets.value.table_rows import TableRows

SCHEMA: Json = {"type": "object", "properties": {"text": {"type": "string", "title": ALL, "description": ALL}}}


async def nothing(_values: dict[str, Json]) -> None:
    """Take the values of a form."""


async def no_text(*_: object) -> tuple[str, int | None]:
    return ALL, None


async def hostile_events(after: int, limit: int) -> list[ExecutionEvent]:
    """Two events whose texts are hostile."""
    begun: ExecutionEvent = StepStarted(
        run_id=ALL, timestamp=utc_now(), seq=1, path=ALL, step_id=ALL, step_name=ALL, input={ALL: ALL}
    )
    line: ExecutionEvent = Log(run_id=ALL, timestamp=utc_now(), seq=2, message=ALL, level="info", path=ALL)
    return [begun, line][after : after + limit]


def show(app: WftuiApp, screen: Screen[Any]) -> None:
    app.push_screen(screen)


def show_file(app: WftuiApp, run_id: str) -> None:
    """Show a run from a file with a hostile name."""

    async def export_and_show() -> None:
        name = ALL.replace("/", "").replace("\0", "").encode(errors="ignore").decode()[:40]
        path = app.workbench.settings.database.parent / f"{name}.wfrun"
        await app.workbench.local.transfer.export(run_id, path)
        app.open_screen("run_file", path)

    app.run_worker(export_and_show())


Open = Callable[[WftuiApp, dict[str, str]], object]

SCREENS: dict[str, Open] = {
    "workflows": lambda app, _: None,
    "editor": lambda app, _: app.open_editor("evil"),
    "editor of a step": lambda app, _: app.open_editor("evil", "value"),
    "editor of a broken file": lambda app, _: app.open_editor("broken"),
    "editor of no JSON": lambda app, _: app.open_editor("no_json"),
    "editor of half a pair": lambda app, _: app.open_editor("half"),
    "history": lambda app, _: app.open_history(),
    "history of a workflow": lambda app, _: app.open_history(ALL),
    "statistics": lambda app, _: app.open_screen("statistics", "evil"),
    "comparison": lambda app, runs: app.open_screen("comparison", runs["evil"], runs["needy"]),
    "search": lambda app, _: app.open_screen("search", ExecutionFilters(), ALL),
    "monitor": lambda app, runs: app.open_monitor(runs["evil"]),
    "monitor of a question": lambda app, runs: app.open_monitor(runs["evil"], "ask"),
    "monitor of a run that asks": lambda app, runs: app.open_monitor(runs["asks"]),
    "monitor of a run that lacks something": lambda app, runs: app.open_monitor(runs["needy"]),
    "run file": lambda app, runs: show_file(app, runs["evil"]),
    "missing": lambda app, _: app.open_screen("missing", ALL, [{"kind": "connection", "name": ALL, "message": ALL}]),
    "step types": lambda app, _: app.open_screen("step_types"),
    "connections": lambda app, _: app.open_screen("connections"),
    "accounts": lambda app, _: app.open_screen("accounts", ALL),
    "secrets": lambda app, _: app.open_screen("secrets"),
    "settings": lambda app, _: app.open_screen("settings"),
    "workers": lambda app, _: app.open_screen("workers"),
    "run form": lambda app, _: app.open_run_form("evil"),
}


async def say_and_wait(tell: Callable[[str], None]) -> None:
    tell(ALL)
    await asyncio.Event().wait()


CHANGED = diff_lines(ALL, f"{ALL}x", ALL, ALL)

DIALOGS: dict[str, Open] = {
    "question": lambda app, _: show(app, ConfirmScreen(ALL, ALL, [Choice("a", ALL, "a"), Choice("b", ALL, "b")])),
    "prompt": lambda app, _: show(app, PromptScreen(ALL, ALL, ALL)),
    "progress": lambda app, _: show(app, ProgressScreen(ALL, say_and_wait)),
    "paste": lambda app, _: show(app, PasteScreen(ALL, ALL)),
    "picker": lambda app, _: show(app, Picker(ALL, [(ALL, ALL)])),
    "value": lambda app, _: show(app, ValueScreen(ALL, {ALL: ALL, "list": [ALL]}, no_text, name=ALL)),
    "table": lambda app, _: show(
        app, ValueTableScreen(ALL, TableRows([{ALL: ALL, "b": [ALL]}, ALL, None]), lambda *_: None)
    ),
    "path": lambda app, _: show(app, PathPrompt(ALL, ALL)),
    "trial": lambda app, _: show(app, TrialScreen(ALL, "{}", ALL, {}, whole=False)),
    "events": lambda app, _: show(app, EventsScreen(hostile_events, no_text, total=2, number=1)),
    "plan": lambda app, _: show(app, RerunPlanScreen(ALL, [StepDecision(ALL, "run", ALL)])),
    "trust": lambda app, _: show(app, TrustScreen(Path(ALL), ALL)),
    "cleanup": lambda app, _: show(app, CleanupScreen(app.workbench.local)),
    "form of a step": lambda app, _: show(app, StepForm(ALL, ALL, build_form(form_of(SCHEMA), {"text": ALL}))),
    "form of a workflow": lambda app, _: show(app, WorkflowForm(ALL, ALL, build_form(form_of(SCHEMA), {"text": ALL}))),
    "preview": lambda app, _: show(app, RunFormPreview(ALL, build_form(form_of(SCHEMA), {"text": ALL}))),
    "form of a connection": lambda app, _: show(app, ConnectionForm(ALL, SCHEMA, {"text": ALL}, nothing)),
    "form of a secret": lambda app, _: show(app, SecretForm(ALL, nothing)),
    "difference": lambda app, _: show(app, DiffScreen(ALL, CHANGED, restore=True, ascii_only=False)),
    "help": lambda app, _: show(app, make_screen("help", app.screen)),
    "palette": lambda app, _: app.action_palette(),
    "jump mode": lambda app, _: show(app, JumpScreen(app.screen.focus_chain)),
    "themes": lambda app, _: app.action_theme(),
    "notice": lambda app, _: app.notify(ALL, title=ALL, markup=True),
    "error": lambda app, _: app.show_error(UserError(ALL, code="any"), ALL),
}

OTHER_TEXTS = {
    "workflows": "evil",
    "editor": "[red]not…",
    "editor of no JSON": "Not valid JSON",
    "editor of half a pair": "Not valid JSON",
    "history": "evil",
    "history of a workflow": "History",
    "statistics": "Statistics",
    "comparison": "evil",
    "search": "Search",
    "monitor of a run that lacks something": "missing requirements",
    "secrets": "Secrets",
    "settings": "Settings",
    "workers": "Workers",
    "cleanup": "Clean up history",
    "form of a secret": "A secret",
    "help": "Show the keys of this screen",
    "palette": "type to filter",
    "jump mode": " a ",
    "themes": "dracula",
}
