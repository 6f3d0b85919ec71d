"""Reads of `.approved` that can only be true, as a rejection fails the step."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.bindings import Binding
from wftui.compiler.tree.nodes import StepNode
from wftui.compiler.tree.scopes import Scopes
from wftui.model.workflow.definition import Fallback
from wftui.steps.api.step_type import StepType


def check_approvals(
    scopes: Scopes, bindings: Iterable[Binding], types: Mapping[StepNode, StepType[Any] | None]
) -> Iterator[Diagnostic]:
    """Yield a warning for each read of `.approved` that a rejection never reaches."""
    for binding in bindings:
        for expression, offset in binding.expressions:
            for reference in expression.references:
                if reference.root != "steps" or reference.path[1:2] != ("output",) or "approved" not in reference.path:
                    continue
                target = _source(scopes.visible(binding.body, str(reference.path[0])), reference.path[2:])
                if target is None or not _fails_when_rejected(target, types, scopes):
                    continue
                value = target.step.input.get("onReject")
                pointer = target.at("input", "onReject")
                title = f'set "onReject": "continue" on {target.id}'
                make = patches.add if value is None else patches.replace
                message = f"a rejection fails {target.id}, so .approved is never false here"
                yield binding.diagnostic(
                    "reference.approved",
                    message,
                    "warning",
                    offset=offset + reference.offset,
                    length=reference.length,
                    fixes=(make(title, pointer, "continue"),),
                )


def _source(step: StepNode | None, path: Sequence[str | int]) -> StepNode | None:
    """Return the step whose output has the `approved` at the end of a path.

    The output of a group is that of its last step, and of a forEach the list of those of its items.
    """
    while step is not None:
        if step.step.for_each is not None:
            if not path or not isinstance(path[0], int):
                return None
            path = path[1:]
        if step.step.type != "group":
            return step if tuple(path[:1]) == ("approved",) else None
        step = step.main_bodies[0].steps[-1] if step.main_bodies and step.main_bodies[0].steps else None
    return None


def _fails_when_rejected(target: StepNode, types: Mapping[StepNode, StepType[Any] | None], scopes: Scopes) -> bool:
    step_type = types.get(target)
    if step_type is None or step_type.word != "approval":
        return False
    on_error = target.step.on_error or scopes.tree.workflow.defaults.on_error
    if isinstance(on_error, Fallback):
        return False  # the fallback may say `approved: false`
    return bool(target.step.input.get("onReject", "fail") == "fail")
