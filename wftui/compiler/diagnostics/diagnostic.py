"""A finding of the compiler's checks, before it has a line and a column."""

import traceback
from collections.abc import Iterable
from pathlib import Path

from wftui.compiler.source.document import Document, Part
from wftui.model.data_class import dataclass
from wftui.model.workflow.compilation import (
    CompilationError,
    CompilationErrorType,
    Fix,
    Location,
    Severity,
)

INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A diagnostic.

    Attributes:
        code: stable dotted words; documented in `codes.py`.
        pointer: JSON Pointer of the value it is about (of the containing object, for a missing value).
        part: whether the value or its key is marked.
        offset: of the marked stretch in a string value; -1 marks the whole value.
        length: of the marked stretch, in characters of that string.
        step_id: the step it is about.
        field: the part of the step (or of the workflow) it is about: `input.url`, `when`.
        fixes: changes that remove it, the best one first.
    """

    code: str
    message: str
    pointer: str
    severity: Severity = "error"
    type: CompilationErrorType = "validation"
    part: Part = "value"
    offset: int = -1
    length: int = 1
    step_id: str | None = None
    field: str | None = None
    fixes: tuple[Fix, ...] = ()


def locate(diagnostic: Diagnostic, document: Document) -> CompilationError:
    """Return the diagnostic with its line and column in the file.

    In a file that is not JSON its fixes are left out, as a patch cannot be applied there.
    """
    place = document.place(diagnostic.pointer, diagnostic.part, diagnostic.offset, diagnostic.length)
    return CompilationError(
        type=diagnostic.type,
        code=diagnostic.code,
        severity=diagnostic.severity,
        message=diagnostic.message,
        line=place.line,
        column=place.column,
        length=place.length,
        pointer=diagnostic.pointer,
        location=Location(step_id=diagnostic.step_id, field=diagnostic.field),
        fixes=[] if document.diagnostics else list(diagnostic.fixes),
    )


def syntax_diagnostics(document: Document) -> list[CompilationError]:
    """Return the JSON syntax errors of the file."""
    found = []
    for diagnostic in document.diagnostics:
        place = document.range_at(diagnostic.offset, diagnostic.length)
        found.append(
            CompilationError(
                code=diagnostic.code,
                message=diagnostic.message,
                line=place.line,
                column=place.column,
                length=place.length,
                fixes=[each for each in (diagnostic.fix, diagnostic.other_fix) if each is not None],
            )
        )
    return found


def broken(word: str, error: Exception) -> str:
    """Return the message for a step type that raises an error during compilation."""
    return f"the step type {word} is broken: {type(error).__name__}: {error}"


class Fence:
    """A context that turns an exception of a check into a diagnostic.

    It is entered for each value of a workflow: a generator would take three times as long.
    """

    __slots__ = ("_found", "_pointer", "_step_id")

    def __init__(self, found: list[Diagnostic], pointer: str = "", step_id: str = "") -> None:
        self._found = found
        self._pointer = pointer
        self._step_id = step_id

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        # No check may raise: whatever it did not foresee is a defect.
        if not isinstance(error, Exception):
            return False
        self._found.append(Diagnostic(INTERNAL, internal_message(error), self._pointer, step_id=self._step_id or None))
        return True


def internal_message(error: Exception) -> str:
    """Return the message for a defect of the compiler.

    The text of the error is left out, as it may quote a secret.
    """
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"wftui cannot check this: internal error {type(error).__name__} at {where}; please report it"


def in_order(found: Iterable[CompilationError]) -> list[CompilationError]:
    """Return the diagnostics by their location in the file."""
    return sorted(found, key=lambda each: (each.line, each.column, each.code, each.message))
