"""The compiler's public API: check, compile and load workflows."""

import hashlib
import linecache
import threading
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from wftui.compiler.cache.cache_file import CompilationCache
from wftui.compiler.cache.entries import CachedWorkflow, entry_of
from wftui.compiler.cache.unchanged import registry_hashes
from wftui.compiler.checks.steps.requirement_checks import programs
from wftui.compiler.module_run import CompileFailed, LoadedWorkflow, run_module
from wftui.compiler.registry import RegistryEntry, read_registry, update_registry
from wftui.compiler.text_caches import several_files
from wftui.compiler.text_compiler import Compilation, TextCompiler
from wftui.connections.connections import Connections
from wftui.model.base import Json
from wftui.model.clock import Clock, utc_now
from wftui.model.data_class import dataclass
from wftui.model.errors import UserError
from wftui.model.listing import WorkflowOutline, WorkflowRow
from wftui.model.workflow.compilation import CompilationError, CompilationResult
from wftui.steps.api.step_type import StepTypes
from wftui.workspace.files import WorkflowSource, Workspace
from wftui.workspace.generated import check_replaceable, write_generated
from wftui.workspace.regular import read_regular
from wftui.workspace.workspace_errors import WorkspaceError, explain


@dataclass(slots=True)
class WorkflowCompiler:
    """Compiler of a workspace's workflows; only `load` executes anything.

    Attributes:
        connections: the user's, for warnings about missing ones; None gives no warnings.
        environment: the user's, for warnings about missing programs; None gives no warnings.
        cache: where the results are kept for later processes.
        workers: address of the server through which steps in pools reach workers, for a warning about a missing one.
    """

    workspace: Workspace
    step_types: StepTypes
    clock: Clock = utc_now
    connections: Connections | None = None
    environment: Mapping[str, str] | None = None
    cache: CompilationCache | None = None
    workers: str | None = field(default=None, repr=False)
    _known: dict[str, Compilation] = field(default_factory=dict)
    _texts: TextCompiler = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._texts = TextCompiler(
            self.workspace, self.step_types, self.clock, self.connections, self.environment, self.workers
        )

    def check(self, workflow_id: str, text: str) -> CompilationResult:
        """Return the diagnostics of a text, and its Python if it has no errors."""
        return self._compile_text(workflow_id, text, remember=True).result

    def compile(self, workflow_id: str) -> CompilationResult:
        """Compile a workflow of the workspace; write its Python and the registry.

        Raises:
            UserError: if the file is missing or cannot be read.
        """
        source = self.workspace.read(workflow_id)
        known = self._compile_text(workflow_id, source.text)
        failures = [*self._write_code(workflow_id, known), *self._write_registry({workflow_id: known.entry})]
        self._cache_results({source: known})
        return _with_errors(known.result, failures)

    def check_written(self, workflow_id: str) -> CompilationResult:
        """Check a workflow and report generated files that are stale.

        Raises:
            UserError: if the file is missing or cannot be read.
        """
        known = self._compile_text(workflow_id, self.workspace.read(workflow_id).text)
        code = known.result.generated_code
        if code is None:
            return known.result
        path = self.workspace.generated_path(workflow_id)
        listed = read_registry(self.workspace.registry_path).get(workflow_id)
        stale = [path] * (not _holds(path, code)) + [self.workspace.registry_path] * (listed != known.entry)
        if not stale:
            return known.result
        names = " and ".join(each.name for each in stale)
        message = f"{names} {'are' if len(stale) > 1 else 'is'} stale; run wftui compile {workflow_id}"
        failures = [CompilationError(type="registry", code="workflow.stale", message=message)]
        for each in stale:
            try:
                check_replaceable(self.workspace.root, each)
            except WorkspaceError as error:
                failures.append(_not_written(error, "workspace.write"))
        return _with_errors(known.result, failures)

    @several_files()
    def compile_all(self) -> list[CompilationResult]:
        """Compile every workflow, by id; an error in one does not stop the others.

        Raises:
            UserError: if there is no workspace.
        """
        results: list[CompilationResult] = []
        entries: dict[str, RegistryEntry | None] = {}
        found: dict[WorkflowSource, Compilation] = {}
        for workflow_id in self.workspace.ids():
            try:
                source = self.workspace.read(workflow_id)
                found[source] = known = self._compile_text(workflow_id, source.text)
            except UserError as error:
                results.append(self._unreadable(workflow_id, error))
                entries[workflow_id] = None
                continue
            entries[workflow_id] = known.entry
            results.append(_with_errors(known.result, self._write_code(workflow_id, known)))
        failures = self._write_registry(entries)
        self._cache_results(found)
        return [_with_errors(result, failures) for result in results]

    def load(self, workflow_id: str) -> LoadedWorkflow:
        """Return the plan of a workflow from its current source; never imports a file.

        Where the workspace cannot be written, the plan comes from memory and the result carries a warning.

        Raises:
            CompileFailed: if it has errors.
            UserError: if the file is missing or cannot be read.
        """
        source = self.workspace.read(workflow_id)
        known = self._compile_text(workflow_id, source.text)
        if known.result.generated_code is None:
            raise CompileFailed(known.result)
        failures = [*self._write_code(workflow_id, known), *self._write_registry({workflow_id: known.entry})]
        self._cache_results({source: known})
        warnings = [failure.model_copy(update={"severity": "warning"}) for failure in failures]
        code = known.result.generated_code
        path = self.workspace.generated_path(workflow_id)
        if known.plan is None:
            known.plan = run_module(code, str(path) if _holds(path, code) else _in_memory(path, code))
        result = known.result.model_copy(update={"warnings": [*known.result.warnings, *warnings]})
        return LoadedWorkflow(known.plan, source.text, code, result)

    def load_text(self, workflow_id: str, source_text: str) -> LoadedWorkflow:
        """Compile a text and return its plan.

        Raises:
            CompileFailed: if it has errors.
        """
        known = self._compile_text(workflow_id, source_text)
        return self._loaded(workflow_id, source_text, known.result)

    def load_stored(self, workflow_id: str, source_text: str) -> LoadedWorkflow:
        """Compile the source that a run recorded and return its plan.

        Python stored in a history file is never executed, as anyone who can write the file could change it. Errors in
        the surroundings of the workflow (a missing sub-workflow or step type) do not prevent a plan: the step fails
        instead.

        Raises:
            CompileFailed: if the source can no longer be compiled.
        """
        with self._lock:
            known = self._texts.compiled(workflow_id, source_text, stored=True)
        return self._loaded(workflow_id, source_text, known.result)

    def _loaded(self, workflow_id: str, source_text: str, result: CompilationResult) -> LoadedWorkflow:
        code = result.generated_code
        if code is None:
            raise CompileFailed(result)
        path = self.workspace.generated_path(workflow_id)
        return LoadedWorkflow(run_module(code, _in_memory(path, code)), source_text, code, result)

    def outline(self, workflow_id: str, text: str | None = None) -> WorkflowOutline:
        """Return steps and input schema, of a text or of the file.

        Raises:
            CompileFailed: if it has errors.
            UserError: if the file is missing or cannot be read.
        """
        known = self._compile_text(workflow_id, self.workspace.read(workflow_id).text if text is None else text)
        if not known.result.success:
            raise CompileFailed(known.result)
        return known.outline

    def row(self, source: WorkflowSource) -> WorkflowRow:
        """Return the list row of a workflow; `stale` if workflow.py differs."""
        known = self._compile_text(source.workflow_id, source.text)
        outline, result = known.outline, known.result
        self._cache_results({source: known}, save=False)
        path = self.workspace.generated_path(source.workflow_id)
        code = result.generated_code
        state = "errors" if code is None else "ready" if _holds(path, code) else "stale"
        return WorkflowRow.model_validate(
            {
                "id": source.workflow_id,
                "name": outline.name,
                "description": outline.description,
                "state": state,
                "errors": len(result.errors),
                "warnings": sum(1 for warning in result.warnings if warning.severity == "warning"),
                "steps": len(outline.steps),
                "read_only": source.read_only is not None,
            }
        )

    def forget(self) -> None:
        """Compile everything again, as there may be other step types."""
        with self._lock:
            self._known.clear()
            self._texts.forget()

    # --- parts

    def _compile_text(self, workflow_id: str, text: str, *, remember: bool = False) -> Compilation:
        # Screens check while they list: from several threads.
        with self._lock:
            known = self._known.get(workflow_id)
            is_current = known is not None and known.text == text and self._texts.unchanged(known)
            if known is None or not is_current or (remember and not self._texts.remembers(workflow_id)):
                known = self._known[workflow_id] = self._texts.compiled(workflow_id, text, remember=remember)
            return known

    def _entry(self, source: WorkflowSource, known: Compilation) -> CachedWorkflow | None:
        children = {child: etag for child, etag in known.children.items() if etag is not None}
        if not known.lasting or len(children) < len(known.children):
            return None
        listed = (known.entry.version, known.entry.hash) if known.entry is not None else None
        sought = programs(known.needs, self.environment or {})
        return entry_of(source.etag, known.result, known.outline, listed, known.looked_at, children, sought)

    def _write_code(self, workflow_id: str, known: Compilation) -> list[CompilationError]:
        code = known.result.generated_code
        if code is None:
            return []
        path = self.workspace.generated_path(workflow_id)
        try:
            self.workspace.check_adopted()
            write_generated(self.workspace.root, path, code.encode())
        except WorkspaceError as error:
            return [_not_written(error, "workspace.write", "; runs use the compiled code from memory")]
        return []

    def _write_registry(self, entries: dict[str, RegistryEntry | None]) -> list[CompilationError]:
        try:
            self.workspace.check_adopted()
            failures = update_registry(self.workspace, entries, self.step_types)
        except OSError as error:
            failures = [explain(error, self.workspace.registry_path, "write")]
        except WorkspaceError as error:
            failures = [error]
        if self.cache is not None:
            self.cache.registry = None if failures else self._registry()
        return [_not_written(failure, "registry.write") for failure in failures]

    def _registry(self) -> Json:
        """Return the cache entry of the registry: hashes first, as others write too."""
        files, listed = registry_hashes(self.workspace), read_registry(self.workspace.registry_path)
        return {"files": files, "workflows": {key: [each.version, each.hash] for key, each in listed.items()}}

    def _cache_results(self, found: Mapping[WorkflowSource, Compilation], *, save: bool = True) -> None:
        if self.cache is not None:
            for source, known in found.items():
                self.cache.put(source.workflow_id, self._entry(source, known))
            if save:
                self.cache.save()

    def _unreadable(self, workflow_id: str, error: UserError) -> CompilationResult:
        return self._texts.failed(workflow_id, CompilationError(code=error.code, message=str(error)))


def _not_written(error: WorkspaceError, code: str, consequence: str = "") -> CompilationError:
    """Return the diagnostic of an unwritten file; `code` is for system errors."""
    return CompilationError(
        type="registry",
        code=code if error.code == "workspace.io" else error.code,
        message=f"{error}{consequence}",
    )


def _holds(path: Path, code: str) -> bool:
    try:
        return read_regular(path) == code.encode()
    except OSError:
        return False


def _in_memory(path: Path, code: str) -> str:
    """Return a name for source without a file, under which tracebacks find its lines."""
    name = f"<{path.parent.name}/workflow.py {hashlib.sha256(code.encode()).hexdigest()[:8]}>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    return name


def _with_errors(result: CompilationResult, failures: list[CompilationError]) -> CompilationResult:
    if not failures:
        return result
    return result.model_copy(update={"success": False, "errors": [*result.errors, *failures]})
