"""Pick what an expression can read: names in reach, functions, filters."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wftui.compiler.editing.names import BARE_KEYS
from wftui.compiler.editing.reach import Reach, reach_of, with_reach
from wftui.compiler.source.parsing import parse
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.run.summary import ExecutionFilters
from wftui.store.events.payloads import as_reference
from wftui.tui.services import AppServices
from wftui.tui.widgets.picker import Picker

if TYPE_CHECKING:
    from wftui.model.run.record import ExecutionRecord
    from wftui.tui.widgets.source.source_view import SourceView

Pick = Callable[[], Awaitable[Reach | None]]
"""Asks what to insert into an expression; None for nothing."""


async def pick_reach(app: AppServices, text: str, pointer: str | None) -> Reach | None:
    """Ask for a name in reach of a step, a function or a filter."""
    workflow = parse(text).value
    schemas = {kind.type: kind.output_schema for kind in await app.workbench.steps.types()}
    outputs = await _last_outputs(app, str(workflow.get("id", "")) if isinstance(workflow, dict) else "")
    found = await asyncio.to_thread(reach_of, workflow, pointer, schemas, outputs)
    index = await app.push_screen_wait(Picker("Insert", [(each.text, each.about) for each in found]))
    return None if index is None else found[index]


async def _last_outputs(app: AppServices, workflow_id: str) -> dict[str, Json]:
    """Return the outputs of the newest run, by path; big ones are left out."""
    try:
        page = await app.workbench.runs.history(ExecutionFilters(workflow_id=workflow_id), limit=1)
        record: ExecutionRecord | None = None
        for run in page.executions:
            record = await app.workbench.runs.record(run.id)
    except UserError:
        return {}  # the names are the same without their values
    steps = record.step_results if record is not None else []
    return {
        each.path: each.output for each in steps if each.status == "completed" and as_reference(each.output) is None
    }


_BARE_TEXT = re.compile(rf'"(?:{"|".join(sorted(BARE_KEYS))})"\s*:\s*"(?:[^"\\]|\\.)*$')


async def insert_in_source(app: AppServices, source: "SourceView", pointer: str | None) -> None:
    """Ask for a name, a function or a filter, and insert it at the cursor of a source."""
    reach = await pick_reach(app, source.text, pointer)
    if reach is None:
        return
    row, column = source.cursor_location
    before = source.document.get_line(row)[:column]
    made, cursor = with_reach(before, column, reach, bare=bool(_BARE_TEXT.search(before)))
    source.insert(made)
    source.move_cursor((row, column + cursor))
