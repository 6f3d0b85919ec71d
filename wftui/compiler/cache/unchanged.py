"""Answers about unchanged workflows, without importing the compiler.

Each answer compares the bytes on disk with those that were compiled, by hash. None means that the compiler has to look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wftui.compiler.cache.cache_file import CompilationCache
from wftui.compiler.cache.entries import CachedWorkflow, FreshnessCheck
from wftui.model.clock import Clock
from wftui.model.errors import UserError
from wftui.workspace.files import WorkflowSource, Workspace, etag_of, file_etag
from wftui.workspace.regular import read_regular

if TYPE_CHECKING:
    from pathlib import Path

    from wftui.compiler.module_run import LoadedWorkflow
    from wftui.model.base import Json
    from wftui.model.listing import WorkflowOutline, WorkflowRow
    from wftui.model.workflow.compilation import CompilationResult


class UnchangedWorkflows:
    """The unchanged workflows of a workspace.

    Args:
        environment: the user's, in which programs are looked for.
    """

    def __init__(
        self, workspace: Workspace, cache: CompilationCache, environment: Mapping[str, str], clock: Clock
    ) -> None:
        self._workspace = workspace
        self._cache = cache
        self._environment = environment
        self._clock = clock
        self._loaded: dict[str, LoadedWorkflow] = {}

    def look(self) -> "Look":
        """Begin to look at workflows: what is beside them is read once."""
        self._cache.open()
        freshness = FreshnessCheck(self._workspace, self._environment)
        return Look(self._workspace, self._cache, freshness, self._clock, self._loaded)

    def save(self, existing: Sequence[str]) -> None:
        """Write what the compiler has found meanwhile; forget other workflows."""
        self._cache.save(frozenset(existing))


class Look:
    """One look at the workflows of a workspace.

    Attributes:
        has_missed: some row requires the compiler.
    """

    def __init__(
        self,
        workspace: Workspace,
        cache: CompilationCache,
        freshness: FreshnessCheck,
        clock: Clock,
        loaded: "dict[str, LoadedWorkflow]",
    ) -> None:
        self._workspace = workspace
        self._cache = cache
        self._freshness = freshness
        self._clock = clock
        self._loaded = loaded
        self.has_missed = False

    def row(self, source: WorkflowSource) -> "WorkflowRow | None":
        """Return the list row of a workflow."""
        from wftui.model.listing import WorkflowRow

        entry = self._entry(source)
        if entry is None:
            self.has_missed = True
            return None
        path = self._workspace.generated_path(source.workflow_id)
        return WorkflowRow(
            id=source.workflow_id,
            name=entry.name,
            description=entry.description,
            state="errors" if entry.code is None else "ready" if _content(path, entry.code) is not None else "stale",
            errors=len(entry.errors),
            warnings=sum(1 for each in entry.warnings if each.get("severity") == "warning"),
            steps=entry.steps,
            read_only=source.read_only is not None,
        )

    def input_schema(self, source: WorkflowSource) -> "dict[str, Json] | None":
        """Return the input schema of a workflow without errors."""
        entry = self._entry(source)
        return entry.input_schema if entry is not None and entry.code is not None else None

    def head(self, source: WorkflowSource) -> "WorkflowOutline | None":
        """Return the outline of a workflow without errors, without its steps.

        Workflows with pools are not cached.
        """
        from wftui.model.listing import WorkflowOutline

        entry = self._entry(source)
        if entry is None or entry.code is None:
            return None
        return WorkflowOutline(
            id=source.workflow_id,
            name=entry.name,
            description=entry.description,
            version=entry.version,
            input_schema=entry.input_schema,
        )

    def load(self, source: WorkflowSource) -> "LoadedWorkflow | None":
        """Return a workflow whose files are all written; executes its Python.

        The file is executed only if its bytes are those that the compiler made of this source.
        """
        entry = self._entry(source)
        if entry is None or not self._is_registered({source.workflow_id: entry}):
            return None
        data = self._written(source, entry)
        result = self._result(source, entry, data)
        if result is None or data is None:
            return None
        from wftui.compiler.module_run import LoadedWorkflow, run_module

        code, known = data.decode(), self._loaded.get(source.workflow_id)
        if known is None or known.code != code:
            path = self._workspace.generated_path(source.workflow_id)
            known = LoadedWorkflow(run_module(code, str(path)), source.text, code, result)
            self._loaded[source.workflow_id] = known
        return replace(known, source=source.text, result=result)

    def compile_all(self) -> "list[CompilationResult] | None":
        """Return the results of compiling all workflows, if nothing is to be written.

        Raises:
            WorkspaceError: if there is no workspace.
        """
        results, entries = list["CompilationResult"](), dict[str, CachedWorkflow]()
        for workflow_id in self._workspace.ids():
            try:
                source = self._workspace.read(workflow_id)
            except UserError:
                return None
            entry = self._entry(source)
            result = None if entry is None else self._result(source, entry, self._written(source, entry))
            if entry is None or result is None:
                return None
            entries[workflow_id] = entry
            results.append(result)
        return results if entries and self._is_registered(entries) else None

    def _entry(self, source: WorkflowSource) -> CachedWorkflow | None:
        entry = self._cache.get(source.workflow_id, source.etag)
        return entry if entry is not None and self._freshness.confirms(entry) else None

    def _written(self, source: WorkflowSource, entry: CachedWorkflow) -> bytes | None:
        """Return the Python of a workflow if its file holds what the compiler makes."""
        path = self._workspace.generated_path(source.workflow_id)
        if source.read_only is not None or entry.code is None or path.is_symlink():
            return None
        return _content(path, entry.code)

    def _result(self, source: WorkflowSource, entry: CachedWorkflow, data: bytes | None) -> "CompilationResult | None":
        if entry.code is not None and data is None:
            return None
        from wftui.model.reading import read
        from wftui.model.workflow.compilation import CompilationResult

        try:
            return read(
                CompilationResult,
                {
                    "success": entry.code is not None,
                    "workflow_id": source.workflow_id,
                    "errors": entry.errors,
                    "warnings": entry.warnings,
                    "generated_code": None if data is None else data.decode(),
                    "timestamp": self._clock(),
                },
            )
        except ValueError:
            return None  # of another form than this version knows

    def _is_registered(self, entries: Mapping[str, CachedWorkflow]) -> bool:
        """Return whether the files of the workspace are those that would be written."""
        known = self._cache.registry
        if not isinstance(known, dict) or known.get("files") != registry_hashes(self._workspace):
            return False
        listed = known.get("workflows")
        if not isinstance(listed, dict) or not listed.keys() <= set(self._workspace.ids()):
            return False
        return all(
            listed.get(workflow_id) == (None if entry.code is None else [entry.version, entry.hash])
            for workflow_id, entry in entries.items()
        )


def registry_hashes(workspace: Workspace) -> list[str | None]:
    """Return hashes of the files that list all workflows; None for a link or none."""
    return [
        None if path.is_symlink() else file_etag(path)
        for path in (workspace.registry_path, workspace.init_path, workspace.schema_path)
    ]


def _content(path: "Path", expected: str) -> bytes | None:
    """Return the bytes of a file if they have a hash."""
    try:
        data = read_regular(path)
    except OSError:
        return None
    return data if etag_of(data) == expected else None
