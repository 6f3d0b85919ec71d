"""Reasons why a step of another list cannot be read, with what to read instead."""

from wftui.compiler.tree.bindings import Binding
from wftui.compiler.tree.nodes import StepNode
from wftui.compiler.tree.scopes import Scopes


def why_hidden(scopes: Scopes, binding: Binding, hidden: StepNode) -> str:
    """Return why an expression cannot read a step, and what it reads instead."""
    around = {id(body.owner): body.kind for body in scopes.around(binding.body) if body.owner is not None}
    body = hidden.body
    while (owner := body.owner) is not None:
        kind = around.get(id(owner))
        if owner is binding.node and binding.field == "while":
            return "it has not run before the first iteration; `previous` is the output of the one before"
        if kind is not None:
            return _beside(owner, body.kind, kind)
        if not owner.id or scopes.visible(binding.body, owner.id) is not owner:
            body = owner.body
        elif body.kind == "catch":
            return f"it handles a failure of {owner.id}; outside, read steps.{owner.id}.output"
        else:
            return f"it is inside {owner.id}; outside, read steps.{owner.id}.output"
    return "it is in finally, which runs last" if body.kind == "finally" else "it is in another list of steps"


def giving_its_output(scopes: Scopes, binding: Binding, hidden: StepNode) -> StepNode | None:
    """Return a container that has the output of a step, and can be read."""
    step = hidden
    while (owner := step.body.owner) is not None:
        if step.body.kind not in ("group", "loop") or step.body.steps[-1] is not step or step.step.for_each is not None:
            return None
        if owner.id and scopes.visible(binding.body, owner.id) is owner:
            return owner if owner.step.for_each is None and binding.node is not owner else None
        step = owner
    return None


def _beside(owner: StepNode, its: str, here: str) -> str:
    """Return why one list of a step cannot read another, by their kinds."""
    name = owner.id or "the step"
    if here == "catch":
        if its == "catch":
            return f"it is in another handler of {name}, and only one of them runs; move it before {name}"
        return f"it is inside {name}, which has failed; a handler reads `error`"
    if its == "catch":
        return f"it runs only after {name} has failed; move it before {name}"
    if its == "branch":
        return f"it is in another branch of {name}, which may still run; move it before {name}, or into this branch"
    return f"it is in another case of {name}, and only one of them runs; move it before {name}, or into this case"
