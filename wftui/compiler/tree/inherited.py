"""Defaults of steps: those of their type, then those of all steps."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.nodes import StepNode, WorkflowTree
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.workflow.compilation import Fix, PatchOperation
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.model.workflow.definition import Defaults, TypeDefaults

_POLICIES = {"retry": "retry", "timeout": "timeout", "on_error": "onError"}


def inherit(node: StepNode, defaults: Defaults, *, waits: bool) -> None:
    """Add the defaults that a step does not set itself, and their places.

    Args:
        waits: its type waits for a person or a time, so that only the timeouts of its type apply.
    """
    if node.step.type in CONTAINER_TYPES:
        return
    changes: dict[str, Json] = {}
    own = defaults.types.get(node.step.type, TypeDefaults())
    base = pointer_to(["defaults", "types", node.step.type])
    added = {name: value for name, value in own.input.items() if name not in node.step.input}
    if added:
        changes["input"] = {**node.step.input, **added}
        node.inherited |= {node.at("input", name): base + pointer_to(["input", name]) for name in added}
    for name, key in _POLICIES.items():
        if node.raw.get(key) is not None:  # if it is wrong, the step has none, but inherits nothing either
            continue
        value, at = getattr(own, name), f"{base}/{key}"
        if value is None:
            value, at = getattr(defaults, name), f"/defaults/{key}"
            if waits and name == "timeout":
                continue
            if waits and name == "retry" and value is not None:
                value = value.model_copy(update={"total_timeout": None})
        if value is not None:
            changes[name] = value
            node.inherited[node.at(key)] = at
    if changes:
        node.step = node.step.model_copy(update=changes)


def where_written(tree: WorkflowTree, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield the diagnostics where their values are written, those of one default once."""
    nodes = [node for node in tree.walk() if node.inherited]
    if not nodes:
        yield from found
        return
    inherited = {own: node for node in nodes for own in node.inherited}
    seen: set[tuple[str, str, str, int]] = set()
    for each in found:
        node = next((inherited[part] for part in _prefixes(each.pointer) if part in inherited), None)
        if node is None:
            yield each
            continue
        pointer = node.written_at(each.pointer)
        key = (each.code, each.message, pointer, each.offset)
        if key not in seen:
            seen.add(key)
            yield replace(each, pointer=pointer, fixes=tuple(_moved(node, fix) for fix in each.fixes))


def _prefixes(pointer: str) -> Iterator[str]:
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]


def _moved(node: StepNode, fix: Fix) -> Fix:
    """Return a fix of a step that changes the default."""

    def moved(operation: PatchOperation) -> PatchOperation:
        origin = operation.from_ and node.written_at(operation.from_)
        return operation.model_copy(update={"path": node.written_at(operation.path), "from_": origin})

    return fix.model_copy(update={"patch": [moved(operation) for operation in fix.patch]})
