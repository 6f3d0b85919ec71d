"""Compilation of one text: parse, check, generate.

Of a text that is being edited, only what an edit concerns is done again.
"""

import pickle
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path

from wftui.compiler.checks.checked import Checked
from wftui.compiler.checks.checker import check_workflow
from wftui.compiler.checks.secrets.own_connections import check_own_connections
from wftui.compiler.checks.steps.requirement_checks import Requirements, check_requirements
from wftui.compiler.codegen.transpile import StepCache, transpile
from wftui.compiler.codegen.written_steps import WrittenSteps
from wftui.compiler.collection import collection_paused
from wftui.compiler.diagnostics.diagnostic import (
    INTERNAL,
    Diagnostic,
    in_order,
    internal_message,
    syntax_diagnostics,
)
from wftui.compiler.diagnostics.located import Locator
from wftui.compiler.outline import Outliner
from wftui.compiler.registry import RegistryEntry
from wftui.compiler.source.document import Document
from wftui.compiler.source.parsing import parse
from wftui.compiler.source.reparsing import parse_again
from wftui.compiler.text_caches import shrink_text_caches
from wftui.compiler.tree.source_hash import SourceHasher
from wftui.compiler.tree.sub_workflows import SubWorkflows
from wftui.connections.connections import Connections
from wftui.model.clock import Clock
from wftui.model.data_class import dataclass
from wftui.model.listing import WorkflowOutline
from wftui.model.schema.computed_defaults import with_computed_apart
from wftui.model.workflow.compilation import CompilationError, CompilationResult
from wftui.runtime.plan import WorkflowPlan
from wftui.steps.api.step_type import StepTypes
from wftui.workspace.files import Workspace, file_etag

_SOURCE_ERRORS = frozenset(
    {"dependency", "expression", "format", "id", "internal", "json", "key", "reference", "value"}
)
"""Code prefixes of errors that rule out a plan, whatever the surroundings of the workflow."""

_MANY_STEPS = 1_000
"""Steps of an outline that are copied once all else is freed: made between what is freed, they would keep its memory.

The copies of 10,000 take 2 % of the CPU of their compilation and free 14 MB.
"""

_REMEMBERED = 2
"""Workflows that are being edited at once: a check of another one forgets the oldest."""


@dataclass(slots=True)
class Compilation:
    """The cached result of compiling one source text.

    Attributes:
        lasting: whether it follows from the recorded files and programs alone; plugins may look at anything.
    """

    text: str
    result: CompilationResult
    outline: WorkflowOutline
    children: dict[str, str | None] = field(default_factory=dict)
    looked_at: dict[Path, str | None] = field(default_factory=dict)
    needs: list[Requirements] = field(default_factory=list)
    missing: list[Diagnostic] = field(default_factory=list)
    entry: RegistryEntry | None = None
    plan: WorkflowPlan | None = None
    lasting: bool = True


@dataclass(slots=True)
class _Edited:
    """The last compilation of a text that is being edited, for the next one.

    Everything in it belongs to steps that are the same objects as long as their text is the same.
    """

    document: Document
    checked: Checked | None = None
    locator: Locator = field(default_factory=Locator)
    written: WrittenSteps = field(default_factory=WrittenSteps)
    outliner: Outliner = field(default_factory=Outliner)
    hasher: SourceHasher = field(default_factory=SourceHasher)


@dataclass(slots=True)
class TextCompiler:
    """Compiler of texts; the fields are those of `WorkflowCompiler`."""

    workspace: Workspace
    step_types: StepTypes
    clock: Clock
    connections: Connections | None
    environment: Mapping[str, str] | None
    workers: str | None = field(repr=False)
    _sub_workflows: SubWorkflows = field(init=False)
    _steps: StepCache = field(default_factory=StepCache)
    _edited: OrderedDict[str, _Edited] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self._sub_workflows = SubWorkflows(self.workspace)

    def compiled(self, workflow_id: str, text: str, *, stored: bool = False, remember: bool = False) -> Compilation:
        """Compile a text.

        Args:
            stored: it is the text of a run, which errors in its surroundings do not stop.
            remember: it is being edited, so the next text is probably almost the same.
        """
        edited = self._edited.pop(workflow_id, None) if remember else None
        try:
            known = self._compiled(workflow_id, text, edited, stored=stored, remember=remember)
        except Exception as error:  # noqa: BLE001  (a defect met by one workflow must not hide the others)
            outline = WorkflowOutline(id=workflow_id, name=workflow_id)
            failure = CompilationError(code=INTERNAL, message=internal_message(error))
            known = Compilation(text, self.failed(workflow_id, failure), outline, lasting=False)
        if not remember:
            shrink_text_caches()
            if len(known.outline.steps) > _MANY_STEPS:
                known.outline.steps = pickle.loads(pickle.dumps(known.outline.steps))
        return known

    def remembers(self, workflow_id: str) -> bool:
        """Return whether the next text of a workflow is compiled only where it changed."""
        return workflow_id in self._edited

    def forget(self) -> None:
        """Keep nothing from edit to edit, as there may be other step types."""
        self._edited.clear()

    def unchanged(self, known: Compilation) -> bool:
        """Return whether nothing that a compilation depends on has changed."""
        beside = all(file_etag(path) == etag for path, etag in known.looked_at.items())
        children = beside and self._sub_workflows.unchanged(known.children)
        return children and self._not_installed(known.needs) == known.missing

    def failed(self, workflow_id: str, error: CompilationError) -> CompilationResult:
        """Return the result of a compilation that ended early."""
        return CompilationResult(success=False, workflow_id=workflow_id, errors=[error], timestamp=self.clock())

    @collection_paused()
    def _compiled(
        self, workflow_id: str, text: str, edited: _Edited | None, *, stored: bool, remember: bool
    ) -> Compilation:
        self._sub_workflows.looked_up = {}
        before = edited if edited is not None else _Edited(Document("", None))
        document, shared = (parse(text), False) if edited is None else parse_again(text, edited.document)
        now = _Edited(document, None, before.locator, before.written, before.outliner, before.hasher)
        found = syntax_diagnostics(document)
        outline = WorkflowOutline(id=workflow_id, name=workflow_id)
        known = Compilation(text, self.failed(workflow_id, _NOT_YET), outline)
        code = None
        # In a file that is not JSON, only what can be read as a workflow is checked.
        if isinstance(document.value, dict) or not found:
            same = before.checked if shared else None
            checked = check_workflow(document.value, workflow_id, self.step_types, self._sub_workflows, same)
            now.checked = checked if remember else None
            if not remember:
                checked.forget()
            now.written.keep(checked.unchanged)
            known.looked_at, known.needs = checked.looked_at, checked.requirements()
            known.missing = self._not_installed(known.needs)
            own = self._own_connections(checked, known)
            diagnostics = [*checked.diagnostics, *known.missing, *own]
            found += now.locator.located(diagnostics, document, checked.moved.origin)
            if checked.tree is not None:
                self._describe(known, checked, now)
                if not any(each.severity == "error" and not (stored and _is_outside(each)) for each in found):
                    hashed = now.hasher.hash_of(checked.tree)
                    remembered = (self._steps, now.written) if remember else (None, None)
                    code = transpile(checked, document, hashed, *remembered)
                    known.entry = RegistryEntry(checked.tree.workflow.version, hashed)
                if not remember:
                    checked.tree.take_apart()
        ordered = in_order(found)
        known.lasting = known.lasting and not any(each.code == INTERNAL for each in ordered)
        known.children = dict(self._sub_workflows.looked_up)
        known.result = CompilationResult(
            success=code is not None,
            workflow_id=workflow_id,
            errors=[each for each in ordered if each.severity == "error"],
            warnings=[each for each in ordered if each.severity != "error"],
            generated_code=code,
            timestamp=self.clock(),
        )
        if remember:
            self._edited[workflow_id] = now
            if len(self._edited) > _REMEMBERED:
                self._edited.popitem(last=False)
        return known

    def _own_connections(self, checked: Checked, known: Compilation) -> Iterable[Diagnostic]:
        if self.connections is None or checked.tree is None:
            return []
        known.looked_at[self.connections.path] = file_etag(self.connections.path)
        return check_own_connections(checked.tree, self.connections)

    def _describe(self, known: Compilation, checked: Checked, now: _Edited) -> None:
        """Fill in the outline of a workflow that could be read."""
        assert checked.tree is not None
        outline, workflow = known.outline, checked.tree.workflow
        outline.name = workflow.name or outline.id
        outline.description, outline.version = workflow.description or "", workflow.version
        outline.input_schema = with_computed_apart(workflow.input_schema)
        outline.steps, outline.repeated = now.outliner.step_infos(checked, now.document)
        nodes = [node for node in checked.tree.walk() if node in checked.types]
        outline.pools = {node.id: node.pool for node in nodes if node.id and node.pool is not None}
        kinds = [kind for node in nodes if (kind := checked.types[node]) is not None]
        outline.icons = {kind.word: (kind.icon, kind.ascii_icon) for kind in kinds}
        known.lasting = len(kinds) == len(nodes) and all(each.last() for each in known.needs)

    def _not_installed(self, needs: list[Requirements]) -> list[Diagnostic]:
        return [] if self.environment is None else list(check_requirements(needs, self.environment, self.workers))


_NOT_YET = CompilationError(code=INTERNAL, message="the compilation has not ended")


def _is_outside(error: CompilationError) -> bool:
    """Return whether an error may come from a workflow's surroundings."""
    return error.code.partition(".")[0] not in _SOURCE_ERRORS or error.code in {"workflow.id"}
