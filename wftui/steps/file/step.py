"""`file`: read, write and arrange files."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError
from wftui.steps.api.step_type import StepContext, StepModel, StepType
from wftui.steps.api.threads import StopFlag, run_stoppable
from wftui.steps.file.actions import FileActions
from wftui.steps.files.formats import FileFormat
from wftui.steps.files.trees import Algorithm

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
    "read": (set(), {"format", "delimiter", "max_bytes"}),
    "write": ({"content"}, {"format", "delimiter", "overwrite"}),
    "append": ({"content"}, {"format", "delimiter"}),
    "copy": ({"to"}, {"overwrite", "exclude"}),
    "move": ({"to"}, {"overwrite"}),
    "delete": (set(), {"recursive", "missing_ok"}),
    "glob": (set(), {"pattern", "max_files"}),
    "archive": ({"to"}, {"overwrite", "exclude"}),
    "extract": ({"to"}, {"overwrite", "max_bytes"}),
    "checksum": (set(), {"algorithm", "exclude"}),
    "stat": (set(), set()),
    "mkdir": (set(), set()),
}
"""Action → fields it must have, fields it may have; in Python's spelling."""


class FileInput(StepModel):
    """Input of `file`; which fields apply depends on the action."""

    action: Annotated[Action, Field(description="What to do.")]
    path: Annotated[str, Field(min_length=1, description="File or folder; relative to where wftui was started.")]
    root: Annotated[str | None, Field(description="Folder that no path of this step may leave.")] = None
    to: Annotated[str | None, Field(min_length=1, description="copy, move, archive, extract: where to.")] = None
    content: Annotated[Json, Field(description="write, append: what to write.")] = None
    format: Annotated[
        FileFormat | None,
        Field(description="read, write, append: how content and value relate; absent: by the name (.json, .csv)."),
    ] = None
    delimiter: Annotated[
        str, Field(pattern=r'^[^"\r\n]$', description="One character, between the cells of a CSV file.")
    ] = ","
    overwrite: Annotated[bool, Field(description="Replace what stands at the target.")] = True
    recursive: Annotated[bool, Field(description="delete: a folder with all that is in it.")] = False
    missing_ok: Annotated[bool, Field(description="delete: nothing there is no failure.")] = False
    pattern: Annotated[str, Field(min_length=1, description='glob: "*.log", "**/*.py".')] = "*"
    max_files: Annotated[int, Field(ge=1, le=1_000_000, description="glob: most files listed.")] = 10_000
    exclude: Annotated[
        list[str], Field(description="copy, archive, checksum: names or relative paths left out, with * and ?.")
    ] = Field(default_factory=list)
    algorithm: Annotated[Algorithm, Field(description="checksum: which.")] = "sha256"
    max_bytes: Annotated[
        int | None, Field(ge=1, description="read: most bytes (10 MiB); extract: most bytes unpacked (10 GiB).")
    ] = None

    @model_validator(mode="after")
    def _fields_of_the_action(self) -> "FileInput":
        for name, sentence in problems_of(self.action, dict.fromkeys(self.model_fields_set)):
            raise ValueError(f"{name}: {sentence}" if name else sentence)
        return self


class FileOutput(StepModel):
    """Output of `file`: `path` always, the others as the action gives them."""

    path: Annotated[str, Field(description="The file or folder that is the result.")]
    value: Annotated[Json, Field(description="read: the content.")] = None
    bytes: Annotated[int | None, Field(description="Size of what was read, written, copied, hashed or looked at.")] = (
        None
    )
    files: Annotated[
        Json, Field(description="glob: list of {path, name, relative, kind, bytes, modifiedAt}; else their number.")
    ] = None
    count: Annotated[int | None, Field(description="glob: number of files listed.")] = None
    truncated: Annotated[bool | None, Field(description="glob: whether there were more than maxFiles.")] = None
    changed: Annotated[bool | None, Field(description="write: false when the file held exactly this.")] = None
    checksum: Annotated[str | None, Field(description="checksum, archive: the hash in hex.")] = None
    algorithm: Annotated[str | None, Field(description="checksum, archive: the hash function.")] = None
    entries: Annotated[dict[str, str] | None, Field(description="checksum of a folder: hash by relative path.")] = None
    exists: Annotated[bool | None, Field(description="stat: whether something is there.")] = None
    deleted: Annotated[bool | None, Field(description="delete: whether something was there.")] = None
    kind: Annotated[str | None, Field(description="stat: file, folder, link or other.")] = None
    modified_at: Annotated[str | None, Field(description="stat: time of the last change, ISO 8601.")] = None
    mode: Annotated[str | None, Field(description='stat: permissions, "0644".')] = None


class FileStep(StepType[FileInput]):
    """Works in a thread, looks for a cancel between files and chunks; what it writes is whole or not there."""

    word = "file"
    title = "File"
    description = "Reads, writes, copies, lists, packs and checks files and folders."
    icon = "▤"
    ascii_icon = "f"
    input_model = FileInput
    example: ClassVar = {"action": "glob", "path": ".", "pattern": "**/*.md"}
    output_schema: ClassVar = FileOutput.model_json_schema(by_alias=True)

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Fields that the action needs or does not know."""
        action = literal_input.get("action")
        if not isinstance(action, str) or action not in _FIELDS:
            return []
        by_alias = {field.alias or name: name for name, field in FileInput.model_fields.items()}
        given = {by_alias[name]: value for name, value in literal_input.items() if name in by_alias}
        aliases = {name: alias for alias, name in by_alias.items()}
        return [(aliases.get(name, name), sentence) for name, sentence in problems_of(action, given)]

    async def run(self, input: FileInput, context: StepContext) -> Json:
        """Do it.

        Raises:
            WorkflowError: `file.missing`, `file.exists`, `file.root`, `file.format`, `file.archive`, `file.error`, …
        """
        flag = StopFlag()
        actions = FileActions(input, context.working_directory, flag)
        return await run_stoppable(lambda: _guarded(actions), flag.stop)


def problems_of(action: str, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is missing or out of place for an action, as (field, sentence)."""
    needed, allowed = _FIELDS[action]
    problems = [("", f'The action "{action}" needs "{name}".') for name in sorted(needed - given.keys())]
    for name in sorted(given.keys() - needed - allowed - _COMMON):
        problems.append((name, f'The action "{action}" does not use this field.'))
    return problems


def _guarded(actions: FileActions) -> Json:
    try:
        return actions.run()
    except FileNotFoundError as error:
        raise WorkflowError("file.missing", f"There is no {error.filename!r}.") from error
    except PermissionError as error:
        raise WorkflowError("file.permission", f"{error.filename!r} may not be used: permission denied.") from error
    except OSError as error:
        where = f"{error.filename!r}: " if error.filename else ""
        raise WorkflowError("file.error", f"{where}{str(error.strerror or error).rstrip('.')}.") from error
