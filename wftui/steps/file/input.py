"""Input of the `file` step, and the fields that go with each action."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from wftui.model.base import Json
from wftui.steps.api.step_model import StepModel
from wftui.steps.files.formats import FileFormat
from wftui.steps.files.trees import Algorithm
from wftui.steps.text.encodings import TextEncoding

Action = Literal[
    "read",
    "write",
    "append",
    "copy",
    "move",
    "delete",
    "glob",
    "archive",
    "extract",
    "checksum",
    "stat",
    "mkdir",
]

_COMMON = {"action", "path", "root"}
_FIELDS: dict[str, tuple[set[str], set[str]]] = {
    "read": (set(), {"format", "delimiter", "encoding", "lenient", "max_bytes"}),
    "write": ({"content"}, {"format", "delimiter", "encoding", "overwrite"}),
    "append": ({"content"}, {"format", "delimiter", "encoding"}),
    "copy": ({"to"}, {"overwrite", "exclude"}),
    "move": ({"to"}, {"overwrite"}),
    "delete": (set(), {"recursive", "missing_ok"}),
    "glob": (set(), {"pattern", "max_files"}),
    "archive": ({"to"}, {"overwrite", "exclude"}),
    "extract": ({"to"}, {"overwrite", "max_bytes", "max_entries"}),
    "checksum": (set(), {"algorithm", "exclude"}),
    "stat": (set(), set()),
    "mkdir": (set(), set()),
}
"""Action → fields it must have, fields it may have; in Python's spelling."""


class FileInput(StepModel):
    """Input of `file`; which fields apply depends on the action."""

    action: Annotated[Action, Field(description="Action to run.")]
    path: Annotated[
        str, Field(min_length=1, description="File or folder; relative to the directory wftui was started in.")
    ]
    root: Annotated[str | None, Field(description="Folder that all paths of this step must stay inside.")] = None
    to: Annotated[str | None, Field(min_length=1, description="copy, move, archive, extract: target.")] = None
    content: Annotated[Json, Field(description="write, append: content.")] = None
    format: Annotated[
        FileFormat | None,
        Field(
            description="read, write, append: file format; jsonl: one JSON value per line; default: by file name "
            "(.json, .csv)."
        ),
    ] = None
    encoding: Annotated[
        TextEncoding | None,
        Field(description="read, write, append: encoding of the text, such as latin-1; default: UTF-8."),
    ] = None
    lenient: Annotated[
        bool,
        Field(
            description="read: accept a CSV with rows of other lengths (null, column_4), equal column names (name_2) "
            "and wrong quotes."
        ),
    ] = False
    delimiter: Annotated[str, Field(pattern=r'^[^"\r\n]$', description="Delimiter of CSV cells, one character.")] = ","
    overwrite: Annotated[bool, Field(description="Replace an existing target.")] = True
    recursive: Annotated[bool, Field(description="delete: delete a folder with its content.")] = False
    missing_ok: Annotated[bool, Field(description="delete: accept a missing file.")] = False
    pattern: Annotated[str, Field(min_length=1, description='glob: "*.log", "**/*.py".')] = "*"
    max_files: Annotated[int, Field(ge=1, le=1_000_000, description="glob: maximum number of files listed.")] = 10_000
    exclude: Annotated[
        list[str], Field(description="copy, archive, checksum: names or relative paths to exclude, with * and ?.")
    ] = Field(default_factory=list)
    algorithm: Annotated[Algorithm, Field(description="checksum: hash function.")] = "sha256"
    max_bytes: Annotated[
        int | None,
        Field(
            ge=1, description="read: maximum bytes (default 10 MiB); extract: maximum bytes unpacked (default 10 GiB)."
        ),
    ] = None
    max_entries: Annotated[int, Field(ge=1, description="extract: most files, folders and links unpacked.")] = 100_000

    @model_validator(mode="after")
    def _fields_of_the_action(self) -> "FileInput":
        for name, sentence in misplaced_fields(self.action, dict.fromkeys(self.model_fields_set)):
            raise ValueError(f"{name}: {sentence}" if name else sentence)
        return self


FIELD_RULES: dict[str, Any] = {
    "allOf": [
        {"if": {"properties": {"action": {"const": action}}}, "then": {"required": sorted(needed)}}
        for action, (needed, _) in _FIELDS.items()
        if needed
    ]
}
"""The fields that each action needs, as keywords of JSON Schema."""


def misplaced_fields(action: str, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return missing and unused fields of an action, as (field, sentence)."""
    if action not in _FIELDS:
        return []
    needed, allowed = _FIELDS[action]
    problems = [("", f'The action "{action}" needs "{name}".') for name in sorted(needed - given.keys())]
    for name in sorted(given.keys() - needed - allowed - _COMMON):
        problems.append((name, f'The action "{action}" does not use this field.'))
    return problems
