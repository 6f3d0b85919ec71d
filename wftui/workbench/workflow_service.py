"""Workflows: list, read, save, check and compile them.

Imports, file access and computation run in threads; the event loop stays free.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.compiler.cache.unchanged import Look, UnchangedWorkflows
from wftui.compiler.text_caches import several_files
from wftui.model.errors import UserError
from wftui.workbench.c_heap import give_back
from wftui.workspace.files import WorkflowSource, Workspace, with_id

if TYPE_CHECKING:
    from wftui.compiler.compiler import WorkflowCompiler
    from wftui.compiler.diagnostics.fixes import AppliedFix
    from wftui.compiler.editing.renaming import RenameTarget
    from wftui.compiler.module_run import LoadedWorkflow
    from wftui.model.base import Json
    from wftui.model.listing import ExampleRow, OfferedWorkflow, WorkflowOutline, WorkflowRow
    from wftui.model.workflow.compilation import CompilationResult
    from wftui.store.execution_store import ExecutionStore
    from wftui.workspace.drafts import Draft
    from wftui.workspace.new_workflow import Template


class WorkflowService:
    """`workbench.workflows`: workflows of this workspace, their files and diagnostics.

    Methods raise `NotFoundError` if there is no such workflow, and `WorkspaceError` if a file cannot be read or
    written.
    """

    def __init__(
        self,
        workspace: Workspace,
        compiler: Callable[[], WorkflowCompiler],
        store: Callable[[], Awaitable[ExecutionStore]],
        unchanged: UnchangedWorkflows,
    ) -> None:
        self._workspace = workspace
        self._compiler = compiler
        self._store = store
        self._unchanged = unchanged

    async def ids(self) -> list[str]:
        """Return the ids of all workflows, before anything else is known of them."""
        return await asyncio.to_thread(self._workspace.ids)

    async def signature(self) -> object:
        """Return a value that changes when a workflow or its Python does."""
        return await asyncio.to_thread(self._signature)

    async def all(self) -> list[WorkflowRow]:
        """Return all workflows with compile state and run statistics, sorted by id."""
        rows = await asyncio.to_thread(self._rows)
        stats = await (await self._store()).stats()
        for row in rows:
            if row.id in stats:
                row.stats = stats[row.id]
        return rows

    async def read(self, workflow_id: str) -> WorkflowSource:
        """Read a workflow's JSON from disk."""
        return await asyncio.to_thread(self._workspace.read, workflow_id)

    async def save(self, workflow_id: str, text: str, expected: str | None) -> WorkflowSource:
        """Write a workflow's JSON.

        Args:
            expected: etag of the source that was read; None for a new workflow.

        Raises:
            ConflictError: the file has changed since it was read.
        """
        return await asyncio.to_thread(self._workspace.write, workflow_id, text, expected)

    async def create(
        self, workflow_id: str, template: Template = "example", steps: Sequence[dict[str, Json]] = ()
    ) -> WorkflowSource:
        """Create a workflow from a template.

        Args:
            steps: added at its end.

        Raises:
            ConflictError: a workflow of that id exists.
        """
        from wftui.workspace.new_workflow import new_source

        text = new_source(workflow_id, template)
        if steps:
            from wftui.compiler.editing.restructuring import insert
            from wftui.compiler.editing.step_edits import apply_operation

            text = apply_operation(text, insert([*steps], None)).text
        return await asyncio.to_thread(self._workspace.write, workflow_id, text, None)

    async def examples(self) -> list[ExampleRow]:
        """Return the shipped examples, and how those of the workspace compare."""
        return await asyncio.to_thread(self._examples)

    async def add_example(self, example_id: str, *, replace: bool = False) -> Path | None:
        """Copy an example into the workspace, or bring it up to date.

        Returns:
            Path of a changed workflow in the trash.

        Raises:
            NotFoundError: there is no such example.
            ConflictError: the workflow has been changed, and `replace` is not given.
        """
        from wftui.workspace.shipped import add_example

        return await asyncio.to_thread(add_example, self._workspace, example_id, replace=replace)

    async def duplicate(self, workflow_id: str, new_id: str) -> WorkflowSource:
        """Copy a workflow to a new id.

        Raises:
            ConflictError: a workflow of the new id exists.
        """
        return await asyncio.to_thread(self._workspace.duplicate, workflow_id, new_id)

    async def rename(self, workflow_id: str, new_id: str) -> list[str]:
        """Rename a workflow, its unsaved texts and its callers; not its runs.

        Returns:
            Ids of the workflows that call it, and were changed.

        Raises:
            ConflictError: a workflow of the new id exists.
            WorkspaceError: it is renamed, but a caller or an unsaved text cannot be written.
        """
        return await asyncio.to_thread(self._rename, workflow_id, new_id)

    async def delete(self, workflow_id: str) -> Path:
        """Move a workflow to the workspace's trash; return its new path."""
        return await asyncio.to_thread(self._workspace.delete, workflow_id)

    async def check(self, workflow_id: str, text: str) -> CompilationResult:
        """Check a source and return its diagnostics; write nothing."""
        return await asyncio.to_thread(lambda: self._compiler().check(workflow_id, text))

    async def check_written(self, workflow_id: str) -> CompilationResult:
        """Check a workflow on disk; stale generated files are an error. Write nothing."""
        return await asyncio.to_thread(lambda: self._compiler().check_written(workflow_id))

    async def compile(self, workflow_id: str) -> CompilationResult:
        """Check a workflow on disk and write its Python and the registry."""
        return await asyncio.to_thread(lambda: self._compiler().compile(workflow_id))

    async def fix(self, workflow_id: str) -> list[AppliedFix]:
        """Apply the safe fixes to a workflow on disk, byte for byte; return them."""
        source = await self.read(workflow_id)
        text, applied = await self.fixed(workflow_id, source.text)
        if applied:
            await self.save(workflow_id, text, source.etag)
        return applied

    async def fixed(self, workflow_id: str, text: str) -> tuple[str, list[AppliedFix]]:
        """Apply the safe fixes to a source; return it with them, and write nothing."""
        from wftui.compiler.diagnostics.fixes import apply_safe_fixes

        compiler = self._compiler()
        return await asyncio.to_thread(apply_safe_fixes, text, lambda changed: compiler.check(workflow_id, changed))

    async def compile_all(self) -> list[CompilationResult]:
        """Compile every workflow; one broken workflow does not stop the others."""
        return await asyncio.to_thread(lambda: self._unchanged.look().compile_all() or self._compiler().compile_all())

    async def outline(self, workflow_id: str, text: str | None = None) -> WorkflowOutline:
        """Return steps and input schema of a workflow, from its file or an edited source.

        Raises:
            CompileFailed: the workflow has errors.
        """
        return await asyncio.to_thread(lambda: self._compiler().outline(workflow_id, text))

    async def head(self, workflow_id: str) -> WorkflowOutline:
        """Return the outline of a workflow without its steps.

        An unchanged workflow is not compiled for it.

        Raises:
            CompileFailed: the workflow has errors.
        """
        return await asyncio.to_thread(self._head, workflow_id)

    async def input_schema(self, workflow_id: str) -> Mapping[str, Json]:
        """Return the schema of a workflow's inputs.

        Raises:
            CompileFailed: the workflow has errors.
        """
        return await asyncio.to_thread(self._input_schema, workflow_id)

    async def offered_ids(self, *, every: bool = False) -> list[str]:
        """Return the ids of the workflows for agents: with `"mcp": true`, or all."""
        return await asyncio.to_thread(lambda: [each for each, _tree in self._offered(every=every)])

    async def offered(self, *, every: bool = False) -> list[OfferedWorkflow]:
        """Return the workflows that agents may run, without those that have errors."""
        return await asyncio.to_thread(self._offered_outlines, every=every)

    def load(self, workflow_id: str) -> LoadedWorkflow:
        """Return the plan of a workflow, to run it; the compiler's if it has changed.

        Raises:
            CompileFailed: the workflow has errors.
        """
        return self._unchanged.look().load(self._workspace.read(workflow_id)) or self._compiler().load(workflow_id)

    async def check_inputs(self, workflow_id: str, inputs: Mapping[str, Json]) -> list[dict[str, str]]:
        """Return the invalid fields of inputs, each `{pointer, message}`; start nothing.

        Raises:
            CompileFailed: the workflow has errors.
        """
        schema = await self.input_schema(workflow_id)
        from wftui.engine.primitives.schema_validation import check_inputs

        _filled, error = await check_inputs(schema, inputs)
        return list(error.details["errors"]) if error is not None and isinstance(error.details, dict) else []

    def _offered(self, *, every: bool) -> Iterator[tuple[str, dict[str, Json]]]:
        from wftui.model.json.incremental import read_json

        for workflow_id in self._workspace.ids():
            try:
                tree = read_json(self._workspace.read(workflow_id).text)
            except (UserError, ValueError):
                continue  # compile and list say what is wrong with it
            if isinstance(tree, dict) and (every or tree.get("mcp") is True):
                yield workflow_id, tree

    def _offered_outlines(self, *, every: bool) -> list[OfferedWorkflow]:
        from wftui.model.listing import OfferedWorkflow

        found = []
        for workflow_id, tree in self._offered(every=every):
            try:
                outline = self._compiler().outline(workflow_id, None)
            except UserError:
                continue
            found.append(
                OfferedWorkflow(
                    id=workflow_id,
                    name=outline.name,
                    description=outline.description,
                    input_schema=outline.input_schema,
                    outputs=[*tree.get("outputs", {})],
                    step_types=sorted({step.step_type for step in outline.steps}),
                )
            )
        return found

    def _head(self, workflow_id: str) -> WorkflowOutline:
        source = self._workspace.read(workflow_id)
        return self._unchanged.look().head(source) or self._compiler().outline(workflow_id, source.text).head()

    def _input_schema(self, workflow_id: str) -> Mapping[str, Json]:
        source = self._workspace.read(workflow_id)
        known = self._unchanged.look().input_schema(source)
        return known if known is not None else self._compiler().outline(workflow_id, source.text).input_schema

    def _rename(self, workflow_id: str, new_id: str) -> list[str]:
        from wftui.compiler.editing.renaming import rename_called_workflow
        from wftui.workspace.drafts import drafts_folder, move_drafts

        before = self._workspace.read(workflow_id)
        now = self._workspace.rename(workflow_id, new_id)

        def moved(draft: Draft) -> tuple[str, str]:
            etag = now.etag if draft.etag == before.etag else draft.etag
            return with_id(draft.text, workflow_id, new_id), etag

        try:
            move_drafts(drafts_folder(), before.path, now.path, moved)
        finally:
            callers = self._change_others(lambda tree: rename_called_workflow(tree, workflow_id, new_id))
        return callers

    async def callers(self, workflow_id: str, named: RenameTarget, new: str) -> list[str]:
        """Return the ids of the workflows that a rename of an input or an output changes."""
        return await asyncio.to_thread(self._rename_in_callers, workflow_id, named, new, write=False)

    async def rename_in_callers(self, workflow_id: str, named: RenameTarget, new: str) -> list[str]:
        """Rename an input or output in the callers of a workflow; return their ids."""
        return await asyncio.to_thread(self._rename_in_callers, workflow_id, named, new, write=True)

    def _rename_in_callers(self, workflow_id: str, named: RenameTarget, new: str, *, write: bool) -> list[str]:
        from wftui.compiler.editing.renaming import rename_in_calls

        return self._change_others(lambda tree: rename_in_calls(tree, workflow_id, named, new), write=write)

    def _change_others(self, change: Callable[[Json], int], *, write: bool = True) -> list[str]:
        """Apply a change to each workflow that it concerns; return their ids.

        Raises:
            WorkspaceError: some cannot be written; the others are.
        """
        from wftui.compiler.source.rewriting import source_text, source_tree
        from wftui.workspace.workspace_errors import WorkspaceError

        changed, unchanged = list[str](), list[str]()
        for caller in self._workspace.ids():
            try:
                source = self._workspace.read(caller)
                tree = source_tree(source.text)
            except UserError:
                continue  # what cannot be read or parsed has errors of its own, which say so
            if change(tree):
                try:
                    if write:
                        self._workspace.write(caller, source_text(tree), source.etag)
                    changed.append(caller)
                except UserError as error:
                    unchanged.append(f"{caller} ({error})")
        if unchanged:
            also = f"; changed: {', '.join(changed)}" if changed else ""
            message = f"these workflows still use the old name: {', '.join(unchanged)}{also}"
            raise WorkspaceError(message, code="workspace.callers")
        return changed

    def _signature(self) -> object:
        try:
            ids = self._workspace.ids()
        except UserError as error:
            return str(error)
        return [
            (name, _stamp(self._workspace.source_path(name)), _stamp(self._workspace.generated_path(name)))
            for name in ids
        ]

    def _examples(self) -> list[ExampleRow]:
        from wftui.model.listing import ExampleRow
        from wftui.workspace.shipped import example_ids, example_state, examples_path

        rows = []
        for example_id in example_ids():
            about = json.loads(Workspace(examples_path()).read(example_id).text).get("description", "")
            state = example_state(self._workspace, example_id)
            rows.append(ExampleRow(id=example_id, description=about, state=state))
        return rows

    def _rows(self) -> list[WorkflowRow]:
        ids = self._workspace.ids()
        look = self._unchanged.look()
        with several_files():
            rows = [self._row(workflow_id, look) for workflow_id in ids]
        self._unchanged.save(ids)
        if look.has_missed:  # compilations leave free memory in pieces, from which runs do not allocate
            give_back()
        return rows

    def _row(self, workflow_id: str, look: Look) -> WorkflowRow:
        try:
            source = self._workspace.read(workflow_id)
        except UserError as error:  # an unreadable workflow must not hide the others
            from wftui.model.listing import WorkflowRow

            return WorkflowRow(id=workflow_id, name=workflow_id, description=str(error), state="errors", errors=1)
        return look.row(source) or self._compiler().row(source)


def _stamp(path: Path) -> tuple[int, ...]:
    """Return file attributes that each write changes; some keep its size and time."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
