"""Workflows, as a face asks for them: list, read, save, check, compile.

Everything that imports, reads files or computes runs in a thread; the event loop stays free.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.model.errors import UserError
from wftui.workspace.files import SourceFile, Workspace

if TYPE_CHECKING:
    from wftui.compiler.compiler import WorkflowCompiler
    from wftui.compiler.diagnostics.fixes import AppliedFix
    from wftui.model.listing import WorkflowOutline, WorkflowRow
    from wftui.model.workflow.compilation import CompilationResult
    from wftui.store.execution_store import ExecutionStore


class WorkflowService:
    """`workbench.workflows`: the workflows of this workspace, their files and what is wrong with them.

    Whatever reads a file raises `NotFoundError` where there is no such workflow, and `WorkspaceError` where it cannot
    be read; whatever writes one, `WorkspaceError` where it cannot.
    """

    def __init__(
        self,
        workspace: Workspace,
        compiler: Callable[[], WorkflowCompiler],
        store: Callable[[], Awaitable[ExecutionStore]],
    ) -> None:
        self._workspace = workspace
        self._compiler = compiler
        self._store = store
        self._checked: dict[str, tuple[str, CompilationResult]] = {}

    async def all(self) -> list[WorkflowRow]:
        """All workflows with their compile state and their runs in numbers, sorted by id."""
        rows = await asyncio.to_thread(lambda: [self._row(workflow_id) for workflow_id in self._workspace.ids()])
        stats = await (await self._store()).stats()
        for row in rows:
            if row.id in stats:
                row.stats = stats[row.id]
        return rows

    async def read(self, workflow_id: str) -> SourceFile:
        """A workflow's JSON as it is on disk."""
        return await asyncio.to_thread(self._workspace.read, workflow_id)

    async def save(self, workflow_id: str, text: str, expected: str | None) -> SourceFile:
        """Write a workflow's JSON.

        Args:
            expected: etag of what was read before; None for a new workflow.

        Raises:
            ConflictError: someone else changed it since.
        """
        return await asyncio.to_thread(self._workspace.write, workflow_id, text, expected)

    async def create(self, workflow_id: str) -> SourceFile:
        """A new workflow from the smallest useful source.

        Raises:
            ConflictError: there is one of that id.
        """
        from wftui.workspace.new_workflow import new_source

        return await asyncio.to_thread(self._workspace.write, workflow_id, new_source(workflow_id), None)

    async def duplicate(self, workflow_id: str, new_id: str) -> SourceFile:
        """A copy of a workflow under a new id.

        Raises:
            ConflictError: there is one of the new id.
        """
        return await asyncio.to_thread(self._workspace.duplicate, workflow_id, new_id)

    async def rename(self, workflow_id: str, new_id: str) -> SourceFile:
        """A workflow under another id; its runs keep the old one.

        Raises:
            ConflictError: there is one of the other id.
        """
        return await asyncio.to_thread(self._workspace.rename, workflow_id, new_id)

    async def delete(self, workflow_id: str) -> Path:
        """Move a workflow to the workspace's trash; returns where it is now."""
        return await asyncio.to_thread(self._workspace.delete, workflow_id)

    async def check(self, workflow_id: str, text: str) -> CompilationResult:
        """Everything wrong with a source text; writes nothing."""
        return await asyncio.to_thread(lambda: self._compiler().check(workflow_id, text))

    async def check_written(self, workflow_id: str) -> CompilationResult:
        """`check` of a workflow on disk, with an error where its generated files are stale; writes nothing."""
        return await asyncio.to_thread(lambda: self._compiler().check_written(workflow_id))

    async def compile(self, workflow_id: str) -> CompilationResult:
        """Check a workflow on disk and write its Python and the registry."""
        return await asyncio.to_thread(lambda: self._compiler().compile(workflow_id))

    async def fix(self, workflow_id: str) -> list[AppliedFix]:
        """Apply the safe fixes to a workflow on disk, changing only the bytes they mean to; returns them."""
        source = await self.read(workflow_id)
        from wftui.compiler.diagnostics.fixes import apply_safe_fixes

        compiler = self._compiler()
        text, applied = await asyncio.to_thread(
            apply_safe_fixes, source.text, lambda changed: compiler.check(workflow_id, changed)
        )
        if applied:
            await self.save(workflow_id, text, source.etag)
        return applied

    async def compile_all(self) -> list[CompilationResult]:
        """`compile` for every workflow; one broken workflow does not stop the others."""
        return await asyncio.to_thread(lambda: self._compiler().compile_all())

    async def outline(self, workflow_id: str, text: str | None = None) -> WorkflowOutline:
        """Steps and input schema of a workflow, from its file or from a text being edited.

        Raises:
            CompileFailed: when it has errors.
        """
        return await asyncio.to_thread(lambda: self._compiler().outline(workflow_id, text))

    def forget_checks(self) -> None:
        """Check every workflow afresh: what they are checked against, such as the connections, has changed."""
        self._checked.clear()

    def _row(self, workflow_id: str) -> WorkflowRow:
        try:
            source = self._workspace.read(workflow_id)
        except UserError as error:  # one that cannot be read must not hide the others
            from wftui.model.listing import WorkflowRow

            return WorkflowRow(id=workflow_id, name=workflow_id, description=str(error), state="errors", errors=1)
        known = self._checked.get(workflow_id)
        if known is None or known[0] != source.etag:
            known = source.etag, self._compiler().check(workflow_id, source.text)
            self._checked[workflow_id] = known
        return self._compiler().row(source, known[1])
