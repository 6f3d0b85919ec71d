"""Questions of the history: columns, orders, groups, saved filters."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import cast, get_args

from wftui.model.errors import UserError
from wftui.model.history_query import HistoryQuery, QueryError, parse_query
from wftui.model.run.record import ExecutionStatus
from wftui.model.run.summary import GroupBy, RunGroup, RunSort
from wftui.model.text.commands import shown_command
from wftui.model.user.user_settings import HISTORY_COLUMNS, HistoryColumn
from wftui.model.workflow.identifiers import WORKFLOW_ID_PATTERN
from wftui.tui.display.formatting import count
from wftui.tui.screen_memory import ScreenMemory
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.services import AppServices
from wftui.tui.widgets.history.table import HistoryTable
from wftui.tui.widgets.log.sanitize import clean, plain
from wftui.tui.widgets.picker import Picker

_SORTS: dict[RunSort, str] = {
    "-started": "newest first",
    "started": "oldest first",
    "-duration": "longest first",
    "duration": "shortest first",
    "workflow": "a to z",
    "-workflow": "z to a",
    "status": "a to z",
    "-status": "z to a",
    "user": "a to z",
    "-user": "z to a",
}
_MOST_GROUPS = 500


def summary(table: HistoryTable) -> str:
    """Return in words the number of runs, their order and the selection."""
    pages = table.pages
    known = len(pages) if pages.is_whole else len(pages) - 1
    runs = count(known, "run")
    parts = [runs] if pages.is_whole else [f"first {runs}, more as you scroll down"] if known else []
    if table.sort != "-started":
        parts.append(f"sorted by {table.sort.removeprefix('-')}, {_SORTS[table.sort]}")
    if table.marked:
        parts.append(f"{len(table.marked):,} selected")
    return ", ".join(parts)


async def ask_sort(services: AppServices, current: RunSort) -> RunSort | None:
    """Ask for an order of the history; None after Escape."""
    sorts = list(_SORTS)
    options = [(sort.removeprefix("-"), about) for sort, about in _SORTS.items()]
    chosen = await services.push_screen_wait(Picker("Sort by", options, sorts.index(current)))
    return None if chosen is None else sorts[chosen]


async def ask_columns(
    services: AppServices, shown: tuple[HistoryColumn, ...], show: Callable[[tuple[HistoryColumn, ...]], None]
) -> None:
    """Switch columns on and off until Escape, and keep them in the settings.

    Args:
        shown: the columns shown now.
        show: shows others.
    """
    at, before = 0, shown
    while True:
        options = [(f"[{'x' if name in shown else ' '}] {name}", "") for name in HISTORY_COLUMNS]
        chosen = await services.push_screen_wait(Picker("Columns", options, at))
        if chosen is None:
            break
        at, name = chosen, HISTORY_COLUMNS[chosen]
        wanted = set(shown) ^ {name}
        shown = tuple(each for each in HISTORY_COLUMNS if each in wanted) or shown
        show(shown)
    if shown != before:
        try:
            await services.workbench.user_settings.set("history.columns", " ".join(shown))
        except UserError as error:
            services.show_error(error, "The columns are not kept")


async def ask_group(services: AppServices, query: HistoryQuery) -> HistoryQuery | None:
    """Ask for a group of the runs that match; return the query narrowed to it.

    Raises:
        UserError: the groups cannot be read.
    """
    kinds: tuple[GroupBy, ...] = get_args(GroupBy)
    chosen = await services.push_screen_wait(Picker("Group by", [(kind, "") for kind in kinds], kinds.index("error")))
    if chosen is None:
        return None
    by = kinds[chosen]
    workbench = services.workbench
    groups = (await workbench.runs.groups(query.filters(workbench.clock()), by))[:_MOST_GROUPS]
    if not groups:
        services.notify("No run to group.")
        return None
    width = len(f"{groups[0].runs:,}")
    options = [(f"{group.runs:>{width},}  {_shown(group.value)}", _shown(_message(group))) for group in groups]
    group = await services.push_screen_wait(Picker(f"Runs by {by}", options))
    return None if group is None else narrowed(query, by, groups[group])


def narrowed(query: HistoryQuery, by: GroupBy, group: RunGroup) -> HistoryQuery:
    """Return a query narrowed to a group.

    Numbers tell no errors apart, so that of a message the longest part without any is searched for.
    """
    match by:
        case "workflow":
            return replace(query, workflow=group.value)
        case "user":
            return replace(query, user=group.value)
        case "status":
            return replace(query, statuses=frozenset({cast("ExecutionStatus", group.value)}))
    parts = re.split(r"\d+", _message(group))
    return replace(query, error=group.value, text=max(parts, key=len, default="").strip())


def _shown(text: str) -> str:
    return plain(clean(text))


def _message(group: RunGroup) -> str:
    return (group.message or "").partition("\n")[0]


async def ask_saved(services: AppServices, query: HistoryQuery, recent: list[str]) -> HistoryQuery | None:
    """Ask for a saved or recent filter and return it, or save the current one.

    Raises:
        UserError: the settings cannot be read or written.
    """
    settings = services.workbench.user_settings
    saved = (await settings.read()).filters
    text = str(query)
    options = [*saved.items(), *(("recent", each) for each in recent if each != text and each not in saved.values())]
    if text:
        options.append(("save", f"{text} …"))
    if not options:
        services.notify("No filter is set, and none is saved.")
        return None
    chosen = await services.push_screen_wait(Picker("Filters", options))
    if chosen is None:
        return None
    if text and chosen == len(options) - 1:
        name = await services.push_screen_wait(PromptScreen("Save the filter as", "", text, _check_name))
        if name:
            await settings.set(f"history.filters.{name}", text)
            command = shown_command(["history", "--saved", name], services.workbench.place)
            services.notify(f"Saved; {command} shows the same", markup=False)
        return None
    try:
        return parse_query(options[chosen][1], services.workbench.clock())
    except QueryError as error:
        raise UserError(f"the saved filter {options[chosen][0]} is invalid: {error}", code="usage.filter") from None


def _check_name(text: str) -> str | None:
    if re.fullmatch(WORKFLOW_ID_PATTERN, text):
        return None
    return "a name of lower-case letters, digits, - and _ is required"


def recalled(memory: ScreenMemory, now: datetime) -> tuple[HistoryQuery, RunSort]:
    """Return filters and order of the last time, as far as they still fit."""
    kept = memory.recall("history")
    query, sort = HistoryQuery(), kept.get("sort")
    with contextlib.suppress(QueryError):
        query = parse_query(kept.get("query", ""), now)
    return query, next((each for each in get_args(RunSort) if each == sort), "-started")
