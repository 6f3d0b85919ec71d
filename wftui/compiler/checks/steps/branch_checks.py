"""Checks of `catch` and `race`: unused entries, and work that must be done once."""

from collections.abc import Iterator

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.nodes import Body, StepNode, walk


def check_branches(node: StepNode) -> Iterator[Diagnostic]:
    """Yield diagnostics of the catches, the race or the `fail` of a step."""
    yield from _unreachable(node)
    if node.step.type == "fail" and not node.step.input.keys() & {"type", "message"} and not _handles(node.body):
        message = "type and message are missing; only a handler of a catch may raise its error again without them"
        yield Diagnostic("input.missing", message, node.pointer, part="key", step_id=node.id or None, field="input")
    if node.step.type == "race":
        for body in node.main_bodies:
            yield from _done_twice(node, body)


def _unreachable(node: StepNode) -> Iterator[Diagnostic]:
    """Warn of the entries of a catch after one for all errors."""
    catches = node.catches
    for index, body in enumerate(catches[:-1]):
        if not body.on:
            pointer = catches[index + 1].pointer.removesuffix("/steps")
            fix = patches.remove("remove it", pointer)
            message = f"this entry is never used: catch.{index} before it is for all errors"
            field = f"catch.{index + 1}"
            yield Diagnostic(
                "catch.unreachable", message, pointer, "warning", step_id=node.id or None, field=field, fixes=(fix,)
            )
            return


def _done_twice(node: StepNode, body: Body) -> Iterator[Diagnostic]:
    for inner in walk(body):
        if not inner.step.idempotent:
            message = f"{inner.id} must not run twice, but {node.id} may cancel it while it runs"
            yield Diagnostic(
                "race.idempotent",
                message,
                inner.at("idempotent"),
                "warning",
                step_id=inner.id or None,
                field="idempotent",
            )


def _handles(body: Body) -> bool:
    """Return whether a list of steps is part of a catch."""
    while body.owner is not None:
        if body.kind == "catch":
            return True
        body = body.owner.body
    return False
