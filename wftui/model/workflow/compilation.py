"""Diagnostics with exact locations, and the result of one compilation."""

from typing import Annotated, Literal

from wftui.model.base import Field, Json, Timestamp, WireModel, fresh

Severity = Literal["error", "warning", "hint"]
CompilationErrorType = Literal["validation", "transpilation", "registry"]


class Location(WireModel):
    """The step and field of a diagnostic, named as in the original."""

    step_id: str | None = None
    field: str | None = None


class PatchOperation(WireModel):
    """One operation of a JSON Patch (RFC 6902)."""

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: str
    value: Json = None
    from_: Annotated[str | None, Field(alias="from")] = None

    def to_wire(self) -> dict[str, Json]:
        """Return the JSON form; null stays where it is a value to set, not an absent one."""
        wire = super().to_wire()
        if self.op in ("add", "replace", "test"):
            wire["value"] = self.value
        return wire


class TextEdit(WireModel):
    """A replacement in the text of workflow.json, by characters from its start."""

    offset: int
    old: str
    new: str


class Fix(WireModel):
    """A change to workflow.json that removes a diagnostic.

    Attributes:
        patch: the change to a file that is JSON.
        edits: the change to a file that is not JSON yet, in the order of the file.
    """

    title: str
    patch: list[PatchOperation] = fresh(factory=list)
    edits: list[TextEdit] = fresh(factory=list)


class CompilationError(WireModel):
    """One diagnostic. `line` and `column` count from 1, `length` in characters."""

    type: CompilationErrorType = "validation"
    code: str
    severity: Severity = "error"
    message: str
    line: int = 1
    column: int = 1
    length: int = 1
    pointer: str = ""
    location: Location = fresh(factory=Location)
    fixes: list[Fix] = fresh(factory=list)


CompilationWarning = CompilationError
"""A diagnostic of severity `warning` or `hint`; the shape is the same."""


class CompilationResult(WireModel):
    """The result of compiling one workflow; no `generated_code` if it has errors."""

    success: bool
    workflow_id: str
    errors: list[CompilationError] = fresh(factory=list)
    warnings: list[CompilationWarning] = fresh(factory=list)
    generated_code: str | None = None
    timestamp: Timestamp
