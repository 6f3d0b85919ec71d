"""Diagnostics with exact locations, and the result of one compilation."""

from typing import Literal, cast

from pydantic import Field, GetJsonSchemaHandler, SerializerFunctionWrapHandler, model_serializer
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from wftui.model.base import Json, Timestamp, WireModel

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
    from_: str | None = Field(default=None, alias="from")

    @model_serializer(mode="wrap")
    def _serialize(self, standard: SerializerFunctionWrapHandler) -> dict[str, Json]:
        """Keep null where it is a value to set, not an absent one."""
        made: dict[str, Json] = standard(self)
        if self.op in ("add", "replace", "test"):
            made["value"] = self.value
        return made

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        # A custom serializer hides the fields from the schema.
        plain = cast("CoreSchema", {key: value for key, value in schema.items() if key != "serialization"})
        return handler(plain)


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
    patch: list[PatchOperation] = Field(default_factory=list)
    edits: list[TextEdit] = Field(default_factory=list)


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
    location: Location = Field(default_factory=Location)
    fixes: list[Fix] = Field(default_factory=list)


CompilationWarning = CompilationError
"""A diagnostic of severity `warning` or `hint`; the shape is the same."""


class CompilationResult(WireModel):
    """The result of compiling one workflow; no `generated_code` if it has errors."""

    success: bool
    workflow_id: str
    errors: list[CompilationError] = Field(default_factory=list)
    warnings: list[CompilationWarning] = Field(default_factory=list)
    generated_code: str | None = None
    timestamp: Timestamp
