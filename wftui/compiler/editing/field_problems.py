"""Diagnostics of a step or workflow, at the fields of the form that edits it."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from wftui.compiler.editing.form_values import with_branches, write_fields
from wftui.compiler.editing.placed_steps import Object
from wftui.compiler.editing.restructuring import Operation
from wftui.compiler.editing.step_edits import rewritten
from wftui.compiler.source.document import Document
from wftui.compiler.source.parsing import parse
from wftui.model.base import Json
from wftui.model.workflow.compilation import CompilationError

Written = Callable[[dict[str, Json]], tuple[str, str]]
"""Returns the source with the values of a form, and the pointer of the form's object in it."""


@dataclass(frozen=True, slots=True)
class FieldDiagnostic:
    """A diagnostic at a field.

    Attributes:
        pointer: of the field, in the form.
        offset: of the character in its text; None if it is about the whole value.
    """

    pointer: str
    message: str
    offset: int | None = None


def edited(text: str, pointer: str) -> Written:
    """Return how a form writes the object at a pointer of a source."""
    return lambda values: (rewritten(text, write_fields(pointer, values))[0], pointer)


def inserted(text: str, place: Callable[[Sequence[Object]], Operation]) -> Written:
    """Return how a form writes a step that is not in the source yet.

    Args:
        place: returns the operation that puts steps at its place.
    """

    def write(values: dict[str, Json]) -> tuple[str, str]:
        made, selected = rewritten(text, place([with_branches({}, values)]))
        return made, next(iter(selected), "")

    return write


def problems_of_fields(text: str, pointer: str, problems: Iterable[CompilationError]) -> list[FieldDiagnostic]:
    """Return the diagnostics inside the object at a pointer, by field."""
    document = parse(text)
    return [
        FieldDiagnostic(each.pointer[len(pointer) :], each.message, _offset(document, each))
        for each in problems
        if each.pointer.startswith(f"{pointer}/")
    ]


def _offset(document: Document, problem: CompilationError) -> int | None:
    """Return the position of a diagnostic in the string it is about."""
    start, end = document.span(problem.pointer)
    line, column = document.line_column(start)
    before = problem.column - column - 1
    if document.text[start : start + 1] != '"' or problem.line != line or not 0 <= before < end - start:
        return None
    try:
        return len(json.loads(f'"{document.text[start + 1 : start + 1 + before]}"'))
    except ValueError:
        return None
