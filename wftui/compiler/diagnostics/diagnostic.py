"""What the compiler's checks find, before it is given its line and column."""

from collections.abc import Iterable
from dataclasses import dataclass

from wftui.compiler.source.document import Document, Part
from wftui.model.base import Json
from wftui.model.workflow.compilation import (
    CompilationError,
    CompilationErrorType,
    Fix,
    Location,
    PatchOperation,
    Severity,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One diagnostic.

    Attributes:
        code: stable dotted words; documented in `codes.py`.
        pointer: JSON Pointer of the value it is about (what is missing is about the object it is missing in).
        part: whether the value or its key is marked.
        offset: of the marked stretch in the string that the value is; -1 marks the whole value.
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


def diagnostic(problem: Problem, document: Document) -> CompilationError:
    """The problem with its place in the file."""
    place = document.place(problem.pointer, problem.part, problem.offset, problem.length)
    return CompilationError(
        type=problem.type,
        code=problem.code,
        severity=problem.severity,
        message=problem.message,
        line=place.line,
        column=place.column,
        length=place.length,
        pointer=problem.pointer,
        location=Location(step_id=problem.step_id, field=problem.field),
        fixes=list(problem.fixes),
    )


def syntax_diagnostics(document: Document) -> list[CompilationError]:
    """What is not JSON in the file."""
    found = []
    for problem in document.problems:
        place = document.place_at(problem.offset, problem.length)
        found.append(
            CompilationError(
                code=problem.code,
                message=problem.message,
                line=place.line,
                column=place.column,
                length=place.length,
            )
        )
    return found


def replace(title: str, pointer: str, value: Json) -> Fix:
    """A fix that puts another value in the place of one."""
    return Fix(title=title, patch=[PatchOperation(op="replace", path=pointer, value=value)])


def add(title: str, pointer: str, value: Json) -> Fix:
    """A fix that adds a member."""
    return Fix(title=title, patch=[PatchOperation(op="add", path=pointer, value=value)])


def remove(title: str, pointer: str) -> Fix:
    """A fix that takes a member away."""
    return Fix(title=title, patch=[PatchOperation(op="remove", path=pointer)])


def rename(title: str, pointer: str, new_pointer: str) -> Fix:
    """A fix that gives a member another key."""
    return Fix(title=title, patch=[PatchOperation(op="move", path=new_pointer, from_=pointer)])


def broken(word: str, error: Exception) -> str:
    """The sentence for a step type that fails when it is asked something while compiling."""
    return f"the step type {word} is broken: {type(error).__name__}: {error}"


def in_order(found: Iterable[CompilationError]) -> list[CompilationError]:
    """Diagnostics from the top of the file to its end."""
    return sorted(found, key=lambda each: (each.line, each.column, each.code, each.message))
