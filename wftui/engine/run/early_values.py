"""Values and steps that are known before the first step of a run."""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.runtime.plan import Bind, StepPlan
from wftui.runtime.scope import Scope


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


UNKNOWN = _UnknownValues()


def every_leaf(steps: Iterable[StepPlan]) -> Iterator[StepPlan]:
    """Yield the steps other than containers, at any depth and in any order."""
    todo = list(steps)
    while todo:
        step = todo.pop()
        if step.type not in CONTAINER_TYPES:
            yield step
        todo += step.inside


def may_run(steps: Iterable[StepPlan], scope: Scope, prefix: str | None, ended: Set[str]) -> Iterator[StepPlan]:
    """Yield the leaf steps, in order, that may run.

    Args:
        prefix: of their addresses; None inside iterations, whose addresses are still unknown.
    """
    for step in steps:
        path = None if prefix is None else prefix + step.id
        if step.disabled or path in ended or known(step.when, scope) is False:
            continue
        is_leaf = step.type not in CONTAINER_TYPES
        if is_leaf:
            yield step
        if is_leaf and not step.catch:
            continue
        handlers = None if path is None or step.for_each is not None else f"{path}."
        if is_leaf:
            yield from may_run(step.handlers, scope, handlers, ended)
            continue
        inside = None if step.loop is not None else handlers
        yield from may_run(step.body, scope, inside, ended)
        for branch in step.branches:
            yield from may_run(branch.steps, scope, inside, ended)
        yield from may_run(step.handlers, scope, handlers, ended)
        for case in step.cases:
            taken = True if case.when is None else known(case.when, scope)
            if taken is not False:
                yield from may_run(case.steps, scope, inside, ended)
            if taken is True:
                break


def known(bind: Bind | None, scope: Scope) -> Any:
    """Return the value of an expression if known before the first step, or `UNKNOWN`."""
    if bind is None:
        return UNKNOWN
    try:
        return bind(scope)
    except Exception:  # noqa: BLE001  (the step reports the error when it evaluates the expression)
        return UNKNOWN
