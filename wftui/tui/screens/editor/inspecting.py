"""Keeps the inspector of the editor at the step under the cursor."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from wftui.compiler.editing.known_values import UnknownValueError, known_value, scope_at
from wftui.compiler.editing.names import texts_of
from wftui.compiler.editing.placed_steps import PlacedStep, steps_in
from wftui.compiler.source.parsing import parse
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.run.paths import without_indices
from wftui.model.schema.facets import literal
from wftui.tui.background import in_background, once
from wftui.tui.display.formatting import ago
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.editor.binding_help import last_run
from wftui.tui.screens.editor.one_cursor import REST
from wftui.tui.widgets.run.inspector import InspectedStep, StepInspector

if TYPE_CHECKING:
    from wftui.compiler.editing.step_edits import ListedStep
    from wftui.model.listing import StepTypeInfo
    from wftui.model.run.record import ExecutionRecord
    from wftui.model.run.steps import StepResult
    from wftui.model.workflow.compilation import CompilationError
    from wftui.tui.canvas.graph import CanvasNode
    from wftui.tui.screens.editor.steps_screen import StepsScreen

_SHOWN = 200
"""Characters of a value that are shown."""


class Inspecting:
    """Shows the step under the cursor once the cursor has come to rest.

    Attributes:
        explains: step types are described, as there is room.
    """

    def __init__(self, screen: "StepsScreen", inspector: StepInspector) -> None:
        self._screen = screen
        self._inspector = inspector
        self._timer: Timer | None = None
        self._record: ExecutionRecord | None = None
        self._text = ""
        self._workflow: Json = None
        self._placed: dict[str, PlacedStep] = {}
        self._problems: Sequence[CompilationError] = ()
        self._shown: InspectedStep | None = None
        self._values: tuple[str, dict[str, str]] = ("", {})
        """Pointer of a step, and the values that it reads, as far as they have been looked up."""
        self._kinds: dict[str, StepTypeInfo | None] = {}
        self.explains = False

    async def read_last_run(self) -> None:
        """Read the newest run of the workflow."""
        self._record = await last_run(self._screen.services, self._screen.workflow_id)
        self.soon()

    def checked(self, problems: "Sequence[CompilationError]") -> None:
        """Take the diagnostics of the source."""
        self._problems = problems
        self.soon()

    def soon(self) -> None:
        """Show the step under the cursor once it has come to rest."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = once(self._screen, REST, self._show)

    def _show(self) -> None:
        if not self._inspector.is_attached or not self._inspector.display:
            return  # drawn when it is shown
        here = self._screen.step_here
        placed = None if here is None else self._placed_at(here.pointer)
        self._shown = None
        if here is None or placed is None:
            empty = (
                "No step at the cursor." if self._screen.steps else "No step here. Press {editor.add_step} to add one."
            )
            self._inspector.show(None, with_keys(self._screen.app, empty))
        elif self.explains and (word := str(placed.step.get("type"))) not in self._kinds:
            self._screen.attempt(self._read_kind(word), group=f"kind {word}", exclusive=True)
        else:
            self._shown = step = self._described(here, placed)
            self._inspector.show(step)
            if step.reads and self._record is not None:
                look = partial(self._look_up, step, placed, self._record)
                in_background(self._screen, look, group="values", exclusive=True)

    async def _read_kind(self, word: str) -> None:
        """Show the step once its type is known: what is shown twice is written twice."""
        try:
            self._kinds[word] = await self._screen.workbench.steps.type(word)
        except UserError:
            self._kinds[word] = None
            raise
        finally:
            self._show()

    async def _look_up(self, step: InspectedStep, placed: PlacedStep, record: "ExecutionRecord") -> None:
        """Show the values that a step reads; the items of a `forEach` may take long."""
        names = [name for name, _ in step.reads]
        found = await asyncio.to_thread(_values_in, record, names, self._workflow, placed.pointer)
        self._values = placed.pointer, found
        if step is self._shown:
            self._inspector.show(replace(step, reads=tuple(found.items())))

    def _placed_at(self, pointer: str) -> PlacedStep | None:
        text = self._screen.source_text
        if text != self._text:
            document = parse(text)
            if not document.diagnostics:  # else the step as it was before
                self._text, self._workflow = text, document.value
                self._placed = {each.pointer: each for each in steps_in(document.value)}
        return self._placed.get(pointer)

    def _described(self, here: "ListedStep", placed: PlacedStep) -> InspectedStep:
        nodes = {node.path: node for node in self._screen.graph}
        node = nodes.get(here.path)
        inside = [each for each in self._screen.steps if each.parent == here.path]
        record, now = self._record, self._screen.workbench.clock()
        ran = ""
        if record is not None:
            ran = f"{record.status} {ago(record.started_at, now)}".strip()
        return InspectedStep(
            name=here.name,
            value=dict(placed.step),
            marks=tuple(self._screen.words_of(here)),
            above=tuple(_names(nodes, node.needs if node else ())),
            below=tuple(_names(nodes, [each.path for each in nodes.values() if here.path in each.needs])),
            inside=len(inside),
            children=tuple((each.name, each.type) for each in inside) if self.explains else (),
            problems=tuple(
                (each.severity, each.message)
                for each in self._problems
                if each.location is not None and each.location.step_id == here.id
            ),
            result=_result(record, here.path),
            record=record,
            ran=ran,
            kind=self._kinds.get(str(placed.step.get("type"))) if self.explains else None,
            source_is_beside=self.explains,
            reads=tuple(self._reads(placed)) if self.explains else (),
        )

    def _reads(self, placed: PlacedStep) -> Iterator[tuple[str, str]]:
        """Yield the names that a step reads, with the values that are known already."""
        names = dict.fromkeys(
            reference.text
            for text in texts_of(placed.step)
            for expression, _ in text.expressions
            for reference in expression.references
        )
        pointer, values = self._values
        for name in names:
            yield name, values.get(name, "") if pointer == placed.pointer else ""


def _values_in(record: "ExecutionRecord", names: Sequence[str], workflow: Json, pointer: str) -> dict[str, str]:
    """Return the values that names had in a run, as far as it is known. Slow."""
    scope = scope_at(workflow, pointer, record, os.environ)
    values = dict.fromkeys(names, "")
    for name in names:
        with suppress(UnknownValueError):
            found = known_value(name, scope, bare=True)
            text = f'"{found}"' if isinstance(found, str) else literal(found)
            values[name] = " ".join(text[:_SHOWN].split())
    return values


def _names(nodes: "dict[str, CanvasNode]", paths: Sequence[str]) -> list[str]:
    return [nodes[path].label for path in paths if path in nodes]


def _result(record: "ExecutionRecord | None", path: str) -> "StepResult | None":
    """Return the result of a step in a run, in its newest iteration."""
    if record is None:
        return None
    found = [
        each
        for each in record.step_results
        if without_indices(each.path) == path and not each.path.endswith("]") and each.status != "pending"
    ]
    return found[-1] if found else None
