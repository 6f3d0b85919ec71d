"""Trials of single steps, which are not recorded, and outputs pinned for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.model.data_class import dataclass
from wftui.workspace.files import Workspace
from wftui.workspace.pins import change_pins, copy_pins, read_pins

if TYPE_CHECKING:
    from wftui.compiler.compiler import WorkflowCompiler
    from wftui.compiler.editing.placed_steps import PlacedStep
    from wftui.model.base import Json
    from wftui.model.clock import Clock, Elapsed
    from wftui.model.run.record import ExecutionRecord
    from wftui.model.run.steps import StepResult
    from wftui.runtime.plan import WorkflowPlan
    from wftui.steps.registry.step_registry import StepRegistry
    from wftui.store.execution_store import ExecutionStore


@dataclass(slots=True)
class Trial:
    """The outcome of a trial.

    Attributes:
        record: of the trial; `result` is that of its step.
        reused: ids of the steps whose output was given instead of running them.
        lines: of the log of the step, and of those inside it.
    """

    record: ExecutionRecord
    result: StepResult | None
    reused: list[str]
    lines: list[str] = field(default_factory=list)


class TrialService:
    """`workbench.trials`: try a step of an edited source, with pinned outputs."""

    def __init__(
        self,
        workspace: Workspace,
        compiler: Callable[[], WorkflowCompiler],
        step_registry: Callable[[], StepRegistry],
        store: Callable[[], Awaitable[ExecutionStore]],
        clock: Clock,
        elapsed: Elapsed,
    ) -> None:
        self._workspace = workspace
        self._compiler = compiler
        self._step_registry = step_registry
        self._store = store
        self._clock = clock
        self._elapsed = elapsed
        self._removed: dict[str, dict[str, tuple[Json, Json]]] = {}
        """Removed steps and their pinned outputs by path, of each workflow."""

    async def pins(self, workflow_id: str) -> dict[str, Json]:
        """Return the pinned outputs of a workflow, by step id.

        Raises:
            PinsError: the file of pinned outputs is not a JSON object.
        """
        return await asyncio.to_thread(read_pins, self._folder(workflow_id))

    async def pin(self, workflow_id: str, step_id: str, output: Json) -> None:
        """Pin an output: trials use it instead of running the step, real runs never do.

        Raises:
            PinsError: there is no room for it.
            WorkspaceError: the file cannot be written.
        """
        await asyncio.to_thread(change_pins, self._folder(workflow_id), {step_id: output})

    async def unpin(self, workflow_id: str, step_id: str) -> None:
        """Remove a pinned output."""
        await asyncio.to_thread(change_pins, self._folder(workflow_id), {}, [step_id])

    async def follow_rename(self, workflow_id: str, old: str, new: str) -> None:
        """Pin what is pinned for a step, and for those in it, under a new path.

        The old path keeps it, as the rename may be undone.
        """
        await asyncio.to_thread(copy_pins, self._folder(workflow_id), old, new)

    async def follow_save(self, workflow_id: str, before: str, after: str) -> bool:
        """Move the pinned outputs with the steps of a saved source.

        Those of renamed steps move, those of deleted ones are removed, and those of steps that are back return: this
        process keeps the output of a deleted step, as undo may bring the step back.

        Args:
            before: the source that was followed last.
            after: the saved source.

        Returns:
            Whether the saved source was followed: one that is not JSON has no known steps.
        """

        def follow() -> bool:
            from wftui.compiler.editing.rename_fixes import renamed_paths

            earlier, later = _steps(before), _steps(after)
            if earlier is None or later is None:
                return False
            old: dict[str, Json] = {each.path: each.step for each in earlier}
            new: dict[str, Json] = {each.path: each.step for each in later}
            kept = self._removed.setdefault(workflow_id, {})
            folder = self._folder(workflow_id)
            pins = read_pins(folder)
            gone = (old.keys() - new.keys()) & pins.keys()
            paths = renamed_paths(earlier, later) if gone else {}
            renamed = {path: target for path, target in paths.items() if path in pins and target not in pins}
            unknown = new.keys() - old.keys() - pins.keys() - set(renamed.values())
            back = [path for path in unknown if kept.get(path, _NONE)[0] == new[path]]
            if back or gone:
                added = {target: pins[path] for path, target in renamed.items()}
                added.update((path, kept[path][1]) for path in back)
                removed = change_pins(folder, added, gone)
                for path in back:
                    del kept[path]
                kept.update((path, (old[path], output)) for path, output in removed.items() if path not in renamed)
            return True

        return await asyncio.to_thread(follow)

    def _folder(self, workflow_id: str) -> Path:
        return self._workspace.source_path(workflow_id).parent

    async def try_step(
        self, workflow_id: str, text: str, path: str, inputs: Mapping[str, Json], *, whole: bool = False
    ) -> Trial:
        """Run a step of a source, and keep no record of it.

        Steps that it needs have their pinned output, else that of the last run, else they run.

        Args:
            text: the source, saved or not.
            path: of the step; for an inner one the step around it runs.
            whole: run all steps before it that are not pinned.

        Raises:
            CompileFailed: the source has errors.
            UsageError: the inputs are not JSON.
        """
        from wftui.engine.host.trial_run import run_trial, steps_of_trial
        from wftui.model.run.events import Log
        from wftui.model.run.paths import without_indices

        loaded = await asyncio.to_thread(lambda: self._compiler().load_text(workflow_id, text))
        top = path.partition(".")[0]
        given = await self.pins(workflow_id)
        if not whole:
            given = {**await self._last_outputs(workflow_id), **given}
        given.pop(top, None)
        lines: list[str] = []

        def heed(event: object) -> None:
            if not isinstance(event, Log) or event.path is None:
                return
            if without_indices(event.path).partition(".")[0] == top:
                lines.extend(event.message.split("\n"))

        async def plan_of(name: str) -> WorkflowPlan:
            return loaded.plan if name == workflow_id else await self._plan(name)

        record = await run_trial(
            loaded.plan,
            top,
            inputs,
            given,
            whole=whole,
            on_event=heed,
            step_types=self._step_registry(),
            load=plan_of,
            clock=self._clock,
            elapsed=self._elapsed,
            folder=lambda name: self._workspace.source_path(name).parent,
        )
        used = {step.id for step in steps_of_trial(loaded.plan, top, given, whole=whole)}
        return Trial(record, _result_at(record, path), sorted(used & given.keys()), lines)

    async def _plan(self, workflow_id: str) -> WorkflowPlan:
        """Return the plan of the saved source of a sub-workflow; writes nothing."""

        def load() -> WorkflowPlan:
            return self._compiler().load_text(workflow_id, self._workspace.read(workflow_id).text).plan

        return await asyncio.to_thread(load)

    async def _last_outputs(self, workflow_id: str) -> dict[str, Json]:
        """Return the unmasked outputs of the top-level steps of the newest run."""
        from wftui.model.run.summary import ExecutionFilters

        store = await self._store()
        page = await store.list(ExecutionFilters(workflow_id=workflow_id), limit=1)
        for run in page.executions:
            record = await store.get(run.id)
            if record is not None:
                whole = await store.resolve_record(record)
                return {
                    each.path: each.output
                    for each in whole.step_results
                    if each.parent is None and each.status == "completed" and not each.masked
                }
        return {}


_NONE: tuple[Json, Json] = (None, None)


def _steps(text: str) -> list[PlacedStep] | None:
    """Return the steps of a source; None if it is not JSON."""
    from wftui.compiler.editing.placed_steps import steps_in
    from wftui.compiler.source.parsing import parse

    document = parse(text)
    return None if document.diagnostics else steps_in(document.value)


def _result_at(record: ExecutionRecord, path: str) -> StepResult | None:
    """Return the result of a step: of an inner one that of its newest iteration."""
    from wftui.model.run.paths import without_indices

    found = [each for each in record.step_results if without_indices(each.path) == path and not each.path.endswith("]")]
    return found[-1] if found else record.step(path.partition(".")[0])
