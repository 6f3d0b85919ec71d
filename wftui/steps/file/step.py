"""The `file` step type."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import StepContext, StepType
from wftui.steps.api.threads import StopFlag, run_stoppable
from wftui.steps.file.actions import FileActions
from wftui.steps.file.input import FIELD_RULES, FileInput, misplaced_fields
from wftui.steps.text.encodings import encoding_problems


class FileOutput(StepModel):
    """Output of `file`: `path` and the fields of the action."""

    path: Annotated[str, Field(description="Resulting file or folder.")]
    value: Annotated[Json, Field(description="read: content.")] = None
    bytes: Annotated[int | None, Field(description="Size of the data read, written, copied, hashed or inspected.")] = (
        None
    )
    files: Annotated[
        Json,
        Field(
            description="glob: list of {path, name, relative, kind, bytes, modifiedAt}, where the path of a file "
            "whose name is not UTF-8 is a file:/// URL, which steps take as a path; otherwise the number of files."
        ),
    ] = None
    count: Annotated[int | None, Field(description="glob: number of files listed.")] = None
    truncated: Annotated[bool | None, Field(description="glob: whether files beyond maxFiles were left out.")] = None
    changed: Annotated[bool | None, Field(description="write: false if the file already had this content.")] = None
    checksum: Annotated[str | None, Field(description="checksum, archive: hash in hex.")] = None
    algorithm: Annotated[str | None, Field(description="checksum, archive: hash function.")] = None
    entries: Annotated[dict[str, str] | None, Field(description="checksum of a folder: hash by relative path.")] = None
    exists: Annotated[bool | None, Field(description="stat: whether the file exists.")] = None
    deleted: Annotated[bool | None, Field(description="delete: whether the file existed.")] = None
    kind: Annotated[str | None, Field(description="stat: file, folder, link or other.")] = None
    modified_at: Annotated[str | None, Field(description="stat: time of the last change, ISO 8601.")] = None
    mode: Annotated[str | None, Field(description='stat: permissions, "0644".')] = None


class FileStep(StepType[FileInput]):
    """Runs in a thread, stops between files and chunks, and writes atomically."""

    word = "file"
    title = "File"
    description = "Reads, writes, copies, lists, packs and checks files and folders."
    icon = "≡"
    ascii_icon = "f"
    search_words = ("read", "write", "save", "csv", "json", "copy", "move", "delete", "zip", "tar", "directory")
    input_model = FileInput
    path_fields: ClassVar = {"path": "file", "root": "file", "to": "file"}
    field_rules: ClassVar = FIELD_RULES
    example: ClassVar = {"action": "glob", "path": ".", "pattern": "**/*.md"}
    output_schema: ClassVar = FileOutput.model_json_schema(by_alias=True)

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check that the fields fit the action."""
        action = literal_input.get("action")
        if not isinstance(action, str):
            return []
        by_alias = {field.alias or name: name for name, field in FileInput.model_fields.items()}
        given = {by_alias[name]: value for name, value in literal_input.items() if name in by_alias}
        aliases = {name: alias for alias, name in by_alias.items()}
        misplaced = [(aliases.get(name, name), sentence) for name, sentence in misplaced_fields(action, given)]
        return [*misplaced, *encoding_problems(literal_input)]

    async def run(self, input: FileInput, context: StepContext) -> Json:
        """Run the action.

        Raises:
            WorkflowError: `file.missing`, `file.exists`, `file.root`, `file.format`, `file.archive`, `file.error`, …
        """
        flag = StopFlag()
        actions = FileActions(input, context.working_directory, flag)
        return await run_stoppable(lambda: _guarded(actions), flag.stop)


def _guarded(actions: FileActions) -> Json:
    try:
        return actions.run()
    except FileNotFoundError as error:
        raise WorkflowError("file.missing", f"{error.filename!r} does not exist.") from error
    except PermissionError as error:
        raise WorkflowError("file.permission", f"{error.filename!r}: permission denied.") from error
    except OSError as error:
        where = f"{error.filename!r}: " if error.filename else ""
        raise WorkflowError("file.error", f"{where}{str(error.strerror or error).rstrip('.')}.") from error
