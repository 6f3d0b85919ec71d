"""Help with expressions: names in reach, values of the last run, problems."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from wftui.compiler.editing.completion import completion, inside_expression
from wftui.compiler.editing.cut_text import value_of_beginning
from wftui.compiler.editing.field_problems import Written, problems_of_fields
from wftui.compiler.editing.known_values import UnknownValueError, known_value, scope_at
from wftui.compiler.editing.names import BARE_KEYS, takes_expressions
from wftui.compiler.editing.reach import Reach, paths_in_reach, reach_of, with_reach
from wftui.compiler.source.parsing import parse
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.forms.addresses import pointer_of
from wftui.model.forms.lists import is_name
from wftui.model.forms.nodes import FormNode
from wftui.model.json.equality import is_same
from wftui.model.json.pointers import pointer_parts
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.summary import ExecutionFilters
from wftui.model.schema.facets import literal
from wftui.model.schema.json_schema import MISSING
from wftui.store.events.payloads import as_reference
from wftui.tui.services import AppServices
from wftui.tui.widgets.picker import Picker, PickerOption
from wftui.tui.widgets.schema_form.layout.expression_note import NoteText

if TYPE_CHECKING:
    from wftui.tui.widgets.source.source_view import SourceView

LastRun = Callable[[], Awaitable[ExecutionRecord | None]]
"""Reads the newest run of a workflow, if it has one."""

_SHOWN = 300
"""Characters of a value that are shown."""
_BEGINNING = 64 * 1024
"""Characters of a big output that are read for the names in it."""
_MOST_OUTPUTS = 100
"""Big outputs of a run that are read for their names, the nearest first."""
_DECLARING = ("forEach", "inputSchema", "vars", "env")
"""Fields of a step or a workflow that declare names for its other fields."""
_LINE = 2_000
"""Characters before the cursor that are read for an expression; a whole file may be one line."""
_BARE_TEXT = re.compile(rf'"(?:{"|".join(sorted(BARE_KEYS))})"\s*:\s*"(?P<expression>(?:[^"\\]|\\.)*)$')


class ExpressionHelp:
    """Help with the expressions in a form of a step, or of the workflow.

    Args:
        written: how the form writes its values into the source.
        of_step: the form is that of a step, not of the workflow.
    """

    def __init__(self, app: AppServices, workflow_id: str, written: Written, *, of_step: bool = True) -> None:
        self._app = app
        self._workflow_id = workflow_id
        self._of_step = of_step
        self._written = written
        self._record: asyncio.Future[ExecutionRecord | None] | None = None
        self._names: list[Reach] = []
        self._declared: dict[str, Json] | None = None

    async def names(self, values: dict[str, Json]) -> list[Reach]:
        """Return what an expression can contain, the nearest first.

        Args:
            values: of the whole form: they may add names, such as that of an item.
        """
        declared = {key: values[key] for key in _DECLARING if key in values}
        if self._declared is None or not is_same(declared, self._declared):
            source, place = await self._place(values)
            self._names = await names_in_reach(self._app, source, place, self._last_run)
            self._declared = declared
        return self._names

    async def _place(self, values: dict[str, Json]) -> tuple[str, str | None]:
        """Return the source with the values of the form, and the step in it."""
        source, pointer = await asyncio.to_thread(self._written, values)
        return source, pointer if self._of_step else None

    def is_read_at(self, node: FormNode) -> bool:
        """Return whether a field of the form takes expressions."""
        if not node.field.bindable or is_name(node):
            return False
        return takes_expressions(pointer_parts(pointer_of(node)), of_step=self._of_step)

    def source_with(self, values: dict[str, Json]) -> str:
        """Return the source with the values of the form."""
        return self._written(values)[0]

    async def pick(self, values: dict[str, Json]) -> Reach | None:
        """Ask for a name in reach of the step, a function or a filter."""
        return await _pick(self._app, *await self._place(values), self._last_run)

    async def about(self, values: dict[str, Json], field: str, text: str, *, bare: bool) -> NoteText | None:
        """Return the problem of a text with an expression, else its value in the last run.

        Args:
            values: of the whole form.
            field: pointer of the text in the form.
            bare: the text is an expression without braces.
        """
        source, pointer = await asyncio.to_thread(self._written, values)
        result = await self._app.workbench.local.workflows.check(self._workflow_id, source)
        found = await asyncio.to_thread(problems_of_fields, source, pointer, [*result.errors, *result.warnings])
        for problem in found:
            if problem.pointer == field:
                return NoteText(problem.message, offset=problem.offset, is_problem=True)
        record = await self._last_run()
        if record is None:
            return None
        return await asyncio.to_thread(_value_note, source, pointer if self._of_step else None, record, text, bare=bare)

    async def _last_run(self) -> ExecutionRecord | None:
        if self._record is None:
            self._record = asyncio.ensure_future(last_run(self._app, self._workflow_id))
        return await asyncio.shield(self._record)


def _value_note(source: str, pointer: str | None, record: ExecutionRecord, text: str, *, bare: bool) -> NoteText:
    try:
        value = known_value(text, scope_at(parse(source).value, pointer, record, os.environ), bare=bare)
    except UnknownValueError as error:
        return NoteText(f"no value from the last run: {error}")
    shown = literal(value) if bare or not isinstance(value, str) else f'"{value}"'
    shown = " ".join(shown.split())
    return NoteText(f"{shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''}", is_value=True)


async def last_run(app: AppServices, workflow_id: str) -> ExecutionRecord | None:
    """Return the newest run of a workflow, or None."""
    try:
        page = await app.workbench.runs.history(ExecutionFilters(workflow_id=workflow_id), limit=1)
        for run in page.executions:
            return await app.workbench.runs.record(run.id)
    except UserError:
        pass  # the names are the same without their values
    return None


async def names_in_reach(app: AppServices, text: str, pointer: str | None, last: LastRun | None) -> list[Reach]:
    """Return the names in reach of a step, functions and filters.

    Args:
        last: reads the run whose outputs tell names; None for those of the schemas.
    """
    workflow = parse(text).value
    schemas = {kind.type: kind.output_schema for kind in await app.workbench.local.steps.types()}
    record = await last() if last is not None else None
    outputs: dict[str, Json] = {}
    if record is not None:
        outputs = await _last_outputs(app, record, await asyncio.to_thread(paths_in_reach, workflow, pointer))
    return await asyncio.to_thread(reach_of, workflow, pointer, schemas, outputs)


async def _last_outputs(app: AppServices, record: ExecutionRecord, paths: Sequence[str]) -> dict[str, Json]:
    """Return the outputs of steps in a run: of big ones, the beginning.

    Args:
        paths: of the steps; those of the first ones are read if they are big.
    """
    outputs = {step.path: step.output for step in record.step_results if step.status == "completed"}
    known = {path: outputs[path] for path in paths if path in outputs}
    big = {path: reference for path, value in known.items() if (reference := as_reference(value)) is not None}
    found = {path: value for path, value in known.items() if path not in big}
    for path, reference in islice(big.items(), _MOST_OUTPUTS):
        with suppress(UserError):  # it was deleted with its run: the names are those of the schema
            text, _ = await app.workbench.runs.value_text(record.id, reference)
            found[path] = await asyncio.to_thread(value_of_beginning, text[:_BEGINNING])
    return {path: value for path, value in found.items() if value is not MISSING}


async def _pick(app: AppServices, text: str, pointer: str | None, last: LastRun) -> Reach | None:
    """Ask for a name, a function or a filter, and read the last run meanwhile."""
    offered: dict[PickerOption, Reach] = {}

    async def options(last: LastRun | None) -> list[PickerOption]:
        names = await names_in_reach(app, text, pointer, last)
        found: dict[PickerOption, Reach] = {(each.text, each.about, each.other_words): each for each in names}
        offered.update(found)
        return [*found]

    picker = Picker("Insert", await options(None), read=partial(options, last))
    index = await app.push_screen_wait(picker)
    return None if index is None else offered[picker.options[index]]


class SourceNames:
    """Completes names in the expressions of a source.

    Args:
        source: the source.
    """

    def __init__(self, app: AppServices, workflow_id: str, source: "SourceView") -> None:
        self._app = app
        self._workflow_id = workflow_id
        self._source = source
        self._names: list[Reach] = []
        self._known = ""
        self._pointer: str | None = None
        self._is_current = False

    def parsed(self) -> None:
        """Take the source as the one whose names are in reach: it is valid JSON."""
        self._known = self._source.text
        self._is_current = False

    def is_needed(self, pointer: str | None) -> bool:
        """Return whether the cursor is in an expression without known names."""
        row, column = self._source.cursor_location
        line = self._source.document.get_line(row)[:column][-_LINE:]
        inside = _BARE_TEXT.search(line) is not None or inside_expression(line, bare=False) is not None
        return inside and not (self._is_current and pointer == self._pointer)

    async def read(self, pointer: str | None) -> None:
        """Read the names in reach of a step."""
        self._pointer, self._is_current = pointer, True
        last = partial(last_run, self._app, self._workflow_id)
        self._names = await names_in_reach(self._app, self._known, pointer, last)
        self._source.complete = self._complete
        self._source.update_suggestion()

    def _complete(self, line: str, after: str) -> str:
        line = line[-_LINE:]
        bare = _BARE_TEXT.search(line)
        if bare is None:
            return completion(line, after, self._names, bare=False)
        return completion(bare["expression"], after, self._names, bare=True)


async def insert_in_source(app: AppServices, workflow_id: str, source: "SourceView", pointer: str | None) -> None:
    """Ask for a name, a function or a filter, and insert it at the cursor of a source."""
    reach = await _pick(app, source.text, pointer, partial(last_run, app, workflow_id))
    if reach is None:
        return
    row, column = source.cursor_location
    before = source.document.get_line(row)[:column]
    made, cursor = with_reach(before, column, reach, bare=bool(_BARE_TEXT.search(before)))
    source.insert(made)
    source.move_cursor((row, column + cursor))
