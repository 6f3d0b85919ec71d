"""Cached compilation of one workflow, and the check whether it is fresh."""

import shutil
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.model.data_class import dataclass
from wftui.model.errors import UserError
from wftui.workspace.files import Workspace, etag_of, file_etag

if TYPE_CHECKING:
    from wftui.model.base import Json
    from wftui.model.listing import WorkflowOutline
    from wftui.model.workflow.compilation import CompilationResult


@dataclass(frozen=True, slots=True)
class CachedWorkflow:
    """The findings of a compilation, and everything that they follow from.

    Attributes:
        etag: of the source that was compiled.
        errors, warnings: diagnostics in their JSON form.
        code: hash of the generated Python; None if there are errors.
        version, hash: of the workflow, as in the registry; empty if there are errors.
        files: other files that were read, with their etags (None: missing).
        children: sub-workflows that were read, with their etags.
        programs: programs that were looked for, and whether they are installed.
    """

    etag: str
    name: str
    description: str
    steps: int
    input_schema: "dict[str, Json]"
    errors: "list[dict[str, Json]]"
    warnings: "list[dict[str, Json]]"
    code: str | None
    version: str = ""
    hash: str = ""
    files: dict[str, str | None] = field(default_factory=dict)
    children: dict[str, str] = field(default_factory=dict)
    programs: dict[str, bool] = field(default_factory=dict)

    def to_json(self) -> "list[Json]":
        """Return its JSON form: the values in order."""
        return [getattr(self, name) for name in _KINDS]


_KINDS: dict[str, type | tuple[type, ...]] = {
    "etag": str,
    "name": str,
    "description": str,
    "steps": int,
    "input_schema": dict,
    "errors": list,
    "warnings": list,
    "code": (str, type(None)),
    "version": str,
    "hash": str,
    "files": dict,
    "children": dict,
    "programs": dict,
}


def entry_from_json(value: "Json") -> CachedWorkflow | None:
    """Return an entry; None if it has another form."""
    if not isinstance(value, list) or len(value) != len(_KINDS):
        return None
    if not all(isinstance(each, kind) for each, kind in zip(value, _KINDS.values(), strict=True)):
        return None
    entry = CachedWorkflow(*value)
    if not all(isinstance(each, dict) for each in (*entry.errors, *entry.warnings)):
        return None
    return entry


def entry_of(
    etag: str,
    result: "CompilationResult",
    outline: "WorkflowOutline",
    registered: tuple[str, str] | None,
    files: Mapping[Path, str | None],
    children: dict[str, str],
    programs: dict[str, bool],
) -> CachedWorkflow:
    """Return the cache entry of a compilation.

    Args:
        registered: version and hash of the workflow, without errors.
    """
    return CachedWorkflow(
        etag=etag,
        name=outline.name,
        description=outline.description,
        steps=len(outline.steps),
        input_schema=outline.input_schema,
        errors=[each.to_wire() for each in result.errors],
        warnings=[each.to_wire() for each in result.warnings],
        code=None if result.generated_code is None else etag_of(result.generated_code.encode()),
        version=registered[0] if registered is not None else "",
        hash=registered[1] if registered is not None else "",
        files={str(path): etag for path, etag in files.items()},
        children=children,
        programs=programs,
    )


class FreshnessCheck:
    """Checks whether cache entries are fresh; looks at each file once.

    Args:
        environment: the user's, for programs.
    """

    def __init__(self, workspace: "Workspace", environment: Mapping[str, str]) -> None:
        self._workspace = workspace
        self._path = environment.get("PATH")
        self._etags: dict[str, str | None] = {}
        self._children: dict[str, str | None] = {}
        self._programs: dict[str, bool] = {}

    def confirms(self, entry: CachedWorkflow) -> bool:
        """Return whether everything beside its source is as it was."""
        return (
            all(self._etag(path) == etag for path, etag in entry.files.items())
            and all(self._child(child) == etag for child, etag in entry.children.items())
            and all(self._is_installed(name) == found for name, found in entry.programs.items())
        )

    def _etag(self, path: str) -> str | None:
        if path not in self._etags:
            self._etags[path] = file_etag(Path(path))
        return self._etags[path]

    def _child(self, workflow_id: str) -> str | None:
        if workflow_id not in self._children:
            try:
                self._children[workflow_id] = self._workspace.read(workflow_id).etag
            except UserError:
                self._children[workflow_id] = None
        return self._children[workflow_id]

    def _is_installed(self, program: str) -> bool:
        if program not in self._programs:
            self._programs[program] = shutil.which(program, path=self._path) is not None
        return self._programs[program]
