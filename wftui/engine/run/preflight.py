"""Preflight check: resolve the requirements of all steps before the first one.

Requirements are connections with their secrets, secrets of the user's store, packages, drivers and programs, and
whatever a step type checks itself (`prepare`), built-in or of a plugin. Packages and programs of steps in pools are on
the workers; here they need a way to reach these. All missing requirements are one error.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from wftui.engine.connections.run_connections import RunConnections
from wftui.engine.primitives.failures import describe_outside
from wftui.engine.run.state.run_context import RunContext
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.run.actions import UNRESOLVED
from wftui.model.run.steps import ExecutionError
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.runtime.plan import Bind, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.prepare_context import KeptT
from wftui.steps.api.requirements import Host, MissingRequirement, missing_workers
from wftui.steps.api.step_type import StepType


class UnresolvedError(UserError):
    """A run cannot continue because a requirement is missing."""

    code = UNRESOLVED


class _UnknownValueError(Exception):
    """A value is unknown before steps run."""


class _UnknownValues(Mapping[str, Any]):
    """Names whose values are unknown before steps run.

    Reading one raises an error that the filter `default` does not hide.
    """

    def __getitem__(self, name: str) -> Any:
        raise _UnknownValueError

    def __iter__(self) -> Iterator[str]:
        raise _UnknownValueError

    def __len__(self) -> int:
        raise _UnknownValueError


_UNKNOWN = _UnknownValues()


@dataclass(slots=True)
class _MissingRequirement:
    """Missing requirement, with the steps that need it."""

    error: WorkflowError
    steps: list[str] = field(default_factory=list)
    only: StepPlan | None = None

    @property
    def command(self) -> str | None:
        """Command that provides it, if there is one."""
        details = self.error.details
        return details.get("command") if isinstance(details, dict) else None

    @property
    def sentence(self) -> str:
        """Sentence with the steps, the problem and the command."""
        helps = f" ({self.command})" if self.command and self.command not in self.error.message else ""
        return f"{', '.join(self.steps)}: {self.error.message.rstrip('.')}{helps}"

    def to_wire(self) -> dict[str, Json]:
        """Return the entry for the details of the run's error."""
        details = self.error.details if isinstance(self.error.details, dict) else {}
        return {**details, "type": self.error.type, "message": self.error.message, "steps": list(self.steps)}


class Preflight:
    """Preflight check of one run and of those sub-workflows that are known in advance.

    Args:
        scope: scope of expressions before the first step.
    """

    def __init__(self, context: RunContext, scope: Scope) -> None:
        self._context = context
        self._scope = Scope(
            inputs=scope.inputs,
            steps=_UNKNOWN,
            locals=_UNKNOWN,
            run=scope.run,
            env=scope.env,
            secrets=_UNKNOWN,
            connection=_UNKNOWN,
        )
        self._workflows = {context.plan.id}
        self._names = set(context.plan.connections)
        self._complete = True

    def has_work(self) -> bool:
        """Return whether any step of the run may need something; cheap."""
        return any(
            self._may_need(step) for step in _every_leaf([*self._context.plan.steps, *self._context.plan.finally_])
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
                _unknown_name(name, other, self._names) for name, other in chosen.items() if name not in self._names
            ]
        return _preflight_error(_merge(missing)) if missing else None

    async def _plan(
        self, plan: WorkflowPlan, scope: Scope, connections: RunConnections, ended: Set[str], *, child: bool
    ) -> list[_MissingRequirement]:
        steps = [step for step in _may_run([*plan.steps, *plan.finally_], scope, "", ended) if self._may_need(step)]
        found = await asyncio.gather(*(self._step(plan, step, scope, connections, child=child) for step in steps))
        missing = [item for missing in found for item in missing]
        if any(step.programs for step in steps):
            missing += await asyncio.to_thread(self._missing_programs, plan, steps, child=child)
        return missing

    def _missing_programs(
        self, plan: WorkflowPlan, steps: Iterable[StepPlan], *, child: bool
    ) -> list[_MissingRequirement]:
        host, known = Host(self.environment), dict[tuple[str, str], MissingRequirement | None]()
        missing: list[_MissingRequirement] = []
        for step in steps:
            kind = self._context.step_types.get(step.type)
            if kind is None or _may_fail(step) or step.pool is not None:
                continue
            for name in step.programs:
                if (step.type, name) not in known:
                    known[step.type, name] = kind.missing_program(name, host)
                item = known[step.type, name]
                if item is not None:
                    missing.append(_MissingRequirement(item.error(), [_label(plan, step, child=child)], step))
        return missing

    async def _step(
        self, plan: WorkflowPlan, step: StepPlan, scope: Scope, connections: RunConnections, *, child: bool
    ) -> list[_MissingRequirement]:
        label = _label(plan, step, child=child)
        missing: list[_MissingRequirement] = []
        if step.pool is not None and (workers := missing_workers(self._context.settings.workers)) is not None:
            missing.append(_MissingRequirement(workers.error(), [label], step))
        values: Mapping[str, Json] | None = None
        optional = False
        if step.connection is not None:
            optional = not plan.connections.get(step.connection, {}).get("required", True)
            try:
                values = await connections.get(step.connection)
            except WorkflowError as error:
                missing.append(_MissingRequirement(error, [label], step))
        for name in step.uses:
            try:
                await connections.get(name)
            except WorkflowError as error:
                missing.append(_MissingRequirement(error, [label], step))
        for name in step.secrets:
            try:
                await asyncio.to_thread(connections.secret, name)
            except WorkflowError as error:
                missing.append(_MissingRequirement(error, [label], step))
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
                _MissingRequirement(each.error(), [label], step)
                for each in await self.missing(kind, values, connected=step.connection is not None)
            ]
        if not _prepares(kind):
            return missing
        early: Json = {}
        if kind.early_fields:
            early = _known(step.early, scope)
            if early is _UNKNOWN:
                self._complete = False
                return missing
        if step.connection is not None and values is None:
            return missing  # reported above; or optional, and the step handles its absence
        preparation = _PrepareContext(self, connections, step.connection, values)
        try:
            prepared = await kind.prepare(early, preparation)
        except Exception as error:  # noqa: BLE001  (any error of a plugin here is a missing requirement)
            if not optional:
                missing.append(_MissingRequirement(_as_workflow_error(error), [label], step))
        else:
            if not child:
                self._context.prepared[step.id] = prepared
        return [*missing, *preparation.missing]

    async def child(self, workflow_id: str, connections: RunConnections) -> list[_MissingRequirement]:
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
            inputs=_UNKNOWN,
            steps=_UNKNOWN,
            locals=_UNKNOWN,
            run=_UNKNOWN,
            env={name: environment[name] for name in plan.env if name in environment},
            secrets=_UNKNOWN,
            connection=_UNKNOWN,
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
        self.missing: list[_MissingRequirement] = []

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


def _every_leaf(steps: Iterable[StepPlan]) -> Iterator[StepPlan]:
    todo = list(steps)
    while todo:
        step = todo.pop()
        if step.type not in CONTAINER_TYPES:
            yield step
        todo += step.inside


def _may_run(steps: Iterable[StepPlan], scope: Scope, prefix: str | None, ended: Set[str]) -> Iterator[StepPlan]:
    """Yield the leaf steps, in order, that may run.

    Args:
        prefix: of their addresses; None inside iterations, whose addresses are still unknown.
    """
    for step in steps:
        path = None if prefix is None else prefix + step.id
        if step.disabled or path in ended or _known(step.when, scope) is False:
            continue
        is_leaf = step.type not in CONTAINER_TYPES
        if is_leaf:
            yield step
        if is_leaf and not step.catch:
            continue
        handlers = None if path is None or step.for_each is not None else f"{path}."
        if is_leaf:
            yield from _may_run(step.handlers, scope, handlers, ended)
            continue
        inside = None if step.loop is not None else handlers
        yield from _may_run(step.body, scope, inside, ended)
        for branch in step.branches:
            yield from _may_run(branch.steps, scope, inside, ended)
        yield from _may_run(step.handlers, scope, handlers, ended)
        for case in step.cases:
            taken = True if case.when is None else _known(case.when, scope)
            if taken is not False:
                yield from _may_run(case.steps, scope, inside, ended)
            if taken is True:
                break


def _known(bind: Bind | None, scope: Scope) -> Any:
    """Return the value of an expression if known before the first step, or `_UNKNOWN`."""
    if bind is None:
        return _UNKNOWN
    try:
        return bind(scope)
    except Exception:  # noqa: BLE001  (the step reports the error when it evaluates the expression)
        return _UNKNOWN


def _as_workflow_error(error: Exception) -> WorkflowError:
    if isinstance(error, WorkflowError):
        return error
    described = describe_outside(error)
    return WorkflowError(described.type, described.message, stack=described.stack)


def _unknown_name(name: str, other: str, known: Set[str]) -> _MissingRequirement:
    there = f"the connections named are {', '.join(sorted(known))}" if known else "it names no connection at all"
    message = f"the workflow names no connection {name!r} that {other!r} could replace: {there}"
    return _MissingRequirement(WorkflowError("connection.name", message), [f"--connection {name}={other}"])


def _merge(missing: Iterable[_MissingRequirement]) -> list[_MissingRequirement]:
    """Merge equal missing requirements of several steps."""
    found: dict[tuple[str, str], _MissingRequirement] = {}
    for item in missing:
        first = found.setdefault((item.error.type, item.error.message), item)
        if first is not item:
            first.steps += [label for label in item.steps if label not in first.steps]
            first.only = None
    return list(found.values())


def _preflight_error(missing: list[_MissingRequirement]) -> ExecutionError:
    if len(missing) == 1:
        message = f"the run cannot start: {missing[0].sentence}"
    else:
        message = "\n  ".join(["the run cannot start; missing:", *(item.sentence for item in missing)])
    step = missing[0].only if len(missing) == 1 else None
    place: dict[str, Json] = {}
    if step is not None:
        place = {"step_id": step.id, "pointer": step.pointer or None, "line": step.line}
    return ExecutionError(
        type=UNRESOLVED, message=message, details={"missing": [item.to_wire() for item in missing]}, **place
    )
