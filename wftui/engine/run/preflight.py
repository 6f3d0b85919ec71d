"""Preflight check: resolve the requirements of all steps before the first one.

Requirements are connections with their secrets, secrets of the user's store, packages, drivers and programs, and
whatever a step type checks itself (`prepare`), built-in or of a plugin. Packages and programs of steps in pools are on
the workers; here they need a way to reach these. All missing requirements are one error.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

from wftui.engine.connections.run_connections import RunConnections
from wftui.engine.primitives.failures import describe_outside
from wftui.engine.run.early_values import UNKNOWN, every_leaf, known, may_run
from wftui.engine.run.state.run_context import RunContext
from wftui.engine.run.unmet_requirements import UnmetRequirement, merge, preflight_error, unknown_name
from wftui.model.base import Json
from wftui.model.run.steps import ExecutionError
from wftui.runtime.plan import StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.prepare_context import KeptT
from wftui.steps.api.requirements import Host, MissingRequirement, missing_workers
from wftui.steps.api.step_type import StepType


class Preflight:
    """Preflight check of one run and of those sub-workflows that are known in advance.

    Args:
        scope: scope of expressions before the first step.
    """

    def __init__(self, context: RunContext, scope: Scope) -> None:
        self._context = context
        self._scope = Scope(
            inputs=scope.inputs,
            steps=UNKNOWN,
            locals=UNKNOWN,
            run=scope.run,
            env=scope.env,
            secrets=UNKNOWN,
            connection=UNKNOWN,
        )
        self._workflows = {context.plan.id}
        self._names = set(context.plan.connections)
        self._complete = True

    def has_work(self) -> bool:
        """Return whether any step of the run may need something; cheap."""
        return any(
            self._may_need(step) for step in every_leaf([*self._context.plan.steps, *self._context.plan.finally_])
        )

    async def resolve(self, chosen: Mapping[str, str]) -> ExecutionError | None:
        """Resolve all requirements; return an error with those that are missing, or None.

        Args:
            chosen: connections that replace those the workflows name; a name that no workflow of the run has counts as
                missing.
        """
        context = self._context
        missing = await self._plan(
            context.plan, self._scope, context.connections, frozenset(context.carried.ends), child=False
        )
        if self._complete:
            missing += [
                unknown_name(name, other, self._names) for name, other in chosen.items() if name not in self._names
            ]
        return preflight_error(merge(missing)) if missing else None

    async def _plan(
        self, plan: WorkflowPlan, scope: Scope, connections: RunConnections, ended: Set[str], *, child: bool
    ) -> list[UnmetRequirement]:
        steps = [step for step in may_run([*plan.steps, *plan.finally_], scope, "", ended) if self._may_need(step)]
        found = await asyncio.gather(*(self._step(plan, step, scope, connections, child=child) for step in steps))
        missing = [item for missing in found for item in missing]
        if any(step.programs for step in steps):
            missing += await asyncio.to_thread(self._missing_programs, plan, steps, child=child)
        return missing

    def _missing_programs(
        self, plan: WorkflowPlan, steps: Iterable[StepPlan], *, child: bool
    ) -> list[UnmetRequirement]:
        host, known = Host(self.environment), dict[tuple[str, str], MissingRequirement | None]()
        missing: list[UnmetRequirement] = []
        for step in steps:
            kind = self._context.step_types.get(step.type)
            if kind is None or _may_fail(step) or step.pool is not None:
                continue
            for name in step.programs:
                if (step.type, name) not in known:
                    known[step.type, name] = kind.missing_program(name, host)
                item = known[step.type, name]
                if item is not None:
                    missing.append(UnmetRequirement(item.error(), [_label(plan, step, child=child)], step))
        return missing

    async def _step(
        self, plan: WorkflowPlan, step: StepPlan, scope: Scope, connections: RunConnections, *, child: bool
    ) -> list[UnmetRequirement]:
        label = _label(plan, step, child=child)
        missing: list[UnmetRequirement] = []
        if step.pool is not None and (workers := missing_workers(self._context.settings.workers)) is not None:
            missing.append(UnmetRequirement(workers.error(), [label], step))
        values: Mapping[str, Json] | None = None
        optional = False
        if step.connection is not None:
            optional = not plan.connections.get(step.connection, {}).get("required", True)
            try:
                values = await connections.get(step.connection)
            except WorkflowError as error:
                missing.append(UnmetRequirement(error, [label], step))
        for name in step.uses:
            try:
                await connections.get(name)
            except WorkflowError as error:
                missing.append(UnmetRequirement(error, [label], step))
        for name in step.secrets:
            try:
                await asyncio.to_thread(connections.secret, name)
            except WorkflowError as error:
                missing.append(UnmetRequirement(error, [label], step))
        kind = self._context.step_types.get(step.type)
        if kind is None:
            return missing
        if (
            _requires(kind)
            and step.pool is None
            and not _may_fail(step)
            and (step.connection is None or values is not None)
        ):
            missing += [
                UnmetRequirement(each.error(), [label], step)
                for each in await self.missing(kind, values, connected=step.connection is not None)
            ]
        if not _prepares(kind):
            return missing
        early: Json = {}
        if kind.early_fields:
            early = known(step.early, scope)
            if early is UNKNOWN:
                self._complete = False
                return missing
        if step.connection is not None and values is None:
            return missing  # reported above; or optional, and the step handles its absence
        preparation = _PrepareContext(self, connections, step.connection, values)
        try:
            prepared = await kind.prepare(early, preparation)
        except Exception as error:  # noqa: BLE001  (any error of a plugin here is a missing requirement)
            if not optional:
                missing.append(UnmetRequirement(_as_workflow_error(error), [label], step))
        else:
            if not child:
                self._context.prepared[step.id] = prepared
        return [*missing, *preparation.missing]

    async def child(self, workflow_id: str, connections: RunConnections) -> list[UnmetRequirement]:
        """Return the missing requirements of a sub-workflow that was not checked before."""
        if workflow_id in self._workflows or self._context.children is None:
            return []
        self._workflows.add(workflow_id)
        plan = await self._context.children.plan(workflow_id)
        if plan is None:
            self._complete = False
            return []
        self._names |= plan.connections.keys()
        environment = self._context.environment
        scope = Scope(
            inputs=UNKNOWN,
            steps=UNKNOWN,
            locals=UNKNOWN,
            run=UNKNOWN,
            env={name: environment[name] for name in plan.env if name in environment},
            secrets=UNKNOWN,
            connection=UNKNOWN,
        )
        return await self._plan(plan, scope, connections.of(plan), frozenset(), child=True)

    def _may_need(self, step: StepPlan) -> bool:
        if step.connection is not None or step.uses or step.secrets or step.pool is not None:
            return True
        kind = self._context.step_types.get(step.type)
        return kind is not None and (_prepares(kind) or _requires(kind) or bool(step.programs))

    def step_type(self, word: str) -> StepType[Any] | None:
        """Return the step type of a word, if it may need anything from outside."""
        kind = self._context.step_types.get(word)
        return kind if kind is not None and (_prepares(kind) or _requires(kind)) else None

    async def missing(
        self, kind: StepType[Any], connection: Mapping[str, Json] | None, *, connected: bool
    ) -> Sequence[MissingRequirement]:
        """Return the packages and drivers that a step type does not find."""
        host = Host(self.environment, connected=connected, connection=connection)
        return await asyncio.to_thread(kind.missing, host) if _requires(kind) else ()

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment of the run."""
        return self._context.environment

    def keep(self, key: str, make: Callable[[], KeptT]) -> KeptT:
        """Return the resource with this key that all steps of the run share."""
        return self._context.resources.keep(key, make)


class _PrepareContext:
    """The `PrepareContext` of one step."""

    def __init__(
        self,
        preflight: Preflight,
        connections: RunConnections,
        connection: str | None,
        values: Mapping[str, Json] | None,
    ) -> None:
        self._preflight = preflight
        self._connections = connections
        self.connection = values
        self.connection_name = connections.own_name(connection) if connection is not None else None
        self.environment = preflight.environment
        self.missing: list[UnmetRequirement] = []

    def keep(self, key: str, make: Callable[[], KeptT]) -> KeptT:
        """Return the resource with this key that all steps of the run share."""
        return self._preflight.keep(key, make)

    async def prepare_workflow(self, workflow_id: str) -> None:
        """Check another workflow, too."""
        self.missing += await self._preflight.child(workflow_id, self._connections)

    async def prepare_step(self, word: str, known_input: Mapping[str, Json], connection: str | None) -> Json:
        """Prepare another step type, too, and return what it found."""
        kind = self._preflight.step_type(word)
        if kind is None:
            return None
        values = await self._connections.get(connection) if connection is not None else None
        for missing in await self._preflight.missing(kind, values, connected=connection is not None):
            raise missing.error()
        preparation = _PrepareContext(self._preflight, self._connections, connection, values)
        early = {name: value for name, value in known_input.items() if name in kind.early_fields}
        found = await kind.prepare(early, preparation)
        self.missing += preparation.missing
        return found


def _prepares(kind: StepType[Any]) -> bool:
    return type(kind).prepare is not StepType.prepare


def _requires(kind: StepType[Any]) -> bool:
    # Of class methods, each access makes another bound method.
    return type(kind).missing.__func__ is not StepType.missing.__func__  # type: ignore[attr-defined]


def _may_fail(step: StepPlan) -> bool:
    """Return whether the workflow handles a failure of a step, so nothing is required."""
    return step.on_error != "fail" or bool(step.catch)


def _label(plan: WorkflowPlan, step: StepPlan, *, child: bool) -> str:
    return f"{plan.id}/{step.id}" if child else step.id


def _as_workflow_error(error: Exception) -> WorkflowError:
    if isinstance(error, WorkflowError):
        return error
    described = describe_outside(error)
    return WorkflowError(described.type, described.message, stack=described.stack)
