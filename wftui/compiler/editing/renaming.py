"""Rename a step, an input, a connection or an output; all that names it follows."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from wftui.compiler.editing.names import ExpressionText, rename_in, texts_of, texts_of_workflow
from wftui.compiler.editing.placed_steps import EditError, Object, PlacedStep, steps_in
from wftui.compiler.editing.restructuring import Operation
from wftui.compiler.source.parsing import parse
from wftui.compiler.tree.reserved import reserved_word
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.workflow.identifiers import STEP_ID_PATTERN

Kind = Literal["step", "input", "connection", "output"]

_WORD = re.compile(r"[A-Za-z_]\w*")
_KEYS: dict[Kind, tuple[str, ...]] = {
    "input": ("inputSchema", "properties"),
    "connection": ("connections",),
    "output": ("outputs",),
}


@dataclass(frozen=True, slots=True)
class RenameTarget:
    """Something with a name in a workflow."""

    kind: Kind
    name: str


def names_in(workflow: Json) -> dict[Kind, list[str]]:
    """Return all names that can be changed, by what they name."""
    found: dict[Kind, list[str]] = {"step": [each.id for each in steps_in(workflow) if each.id]}
    for kind in _KEYS:
        found[kind] = [*_named(workflow, kind)]
    return found


def _named(workflow: Json, kind: Kind) -> Object:
    """Return the object whose keys are the names of a kind."""
    found = workflow
    for key in _KEYS[kind]:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def named_at(text: str, line: int, column: int) -> RenameTarget | None:
    """Return what is declared or read at a position of a source."""
    document = parse(text)
    if document.diagnostics:
        return None
    workflow = document.value

    def covers(start: int, end: int) -> bool:
        at = document.range_at(start, end - start)
        return at.line == line and at.column <= column <= at.column + at.length

    for kind, keys in _KEYS.items():
        for name in _named(workflow, kind):
            if covers(*document.span(pointer_to([*keys, name]), "key")):
                return RenameTarget(kind, name)
    for each in steps_in(workflow):
        for key, kind in (("id", "step"), ("connection", "connection")):
            value = each.step.get(key)
            if isinstance(value, str) and covers(*document.span(f"{each.pointer}/{key}")):
                return RenameTarget("step" if kind == "step" else "connection", value)
        needs = each.step.get("needs")
        for index, need in enumerate(needs if isinstance(needs, list) else []):
            if isinstance(need, str) and covers(*document.span(f"{each.pointer}/needs/{index}")):
                return RenameTarget("step", need)
    for string in _texts(workflow):
        for root, read in (("steps", "step"), ("inputs", "input")):
            for reference, offset, _ in string.references(root):
                first = document.offset_of(string.pointer, offset + reference.offset)
                last = document.offset_of(string.pointer, offset + reference.offset + reference.length)
                if covers(first, last):
                    return RenameTarget("step" if read == "step" else "input", str(reference.path[0]))
    return None


def _texts(workflow: Json) -> Iterator[ExpressionText]:
    for each in steps_in(workflow):
        yield from texts_of(each.step, each.pointer)
    yield from texts_of_workflow(workflow)


def why_not_renamed(workflow: Json, named: RenameTarget, new: str) -> str | None:
    """Return why something cannot get a name; None if it can."""
    if new == named.name:
        return None
    if named.kind == "step":
        if not re.match(STEP_ID_PATTERN, new):
            return "ids are lowercase letters, digits and _, beginning with a letter, at most 63"
        reason = reserved_word(new)
        if reason is not None:
            return f"{new} cannot be used: {reason}"
    elif named.kind in ("input", "output") and not _WORD.fullmatch(new):
        return "names are letters, digits and _, beginning with a letter"
    elif not new.strip():
        return "a name is required"
    if new in names_in(workflow)[named.kind]:
        return f"there is another {named.kind} {new}"
    return None


def rename(named: RenameTarget, new: str) -> Operation:
    """Rename something, and all that names it."""

    def operation(workflow: Json) -> Sequence[Object]:
        reason = why_not_renamed(workflow, named, new)
        if reason is not None:
            raise EditError(reason)
        found = names_in(workflow)[named.kind].count(named.name)
        if found != 1:
            missing = f"there is no {named.kind} {named.name}"
            raise EditError(
                missing if not found else f"{found} steps have the id {named.name}; change one in the source"
            )
        return _RENAMERS[named.kind](workflow, named.name, new)

    return operation


def _rename_step(workflow: Json, old: str, new: str) -> Sequence[Object]:
    renamed: list[PlacedStep] = [each for each in steps_in(workflow) if each.id == old]
    for each in renamed:
        each.step["id"] = new
        for sibling in each.siblings:
            _replace_need(sibling, old, new)
    rename_in([*_texts(workflow)], "steps", {old: new})
    return [each.step for each in renamed]


def _replace_need(step: Json, old: str, new: str) -> None:
    needs = step.get("needs") if isinstance(step, dict) else None
    if isinstance(needs, list):
        needs[:] = [new if need == old else need for need in needs]


def _rename_input(workflow: Json, old: str, new: str) -> Sequence[Object]:
    _rename_key(_named(workflow, "input"), old, new)
    schema = workflow["inputSchema"] if isinstance(workflow, dict) else None
    required = schema.get("required") if isinstance(schema, dict) else None
    if isinstance(required, list):
        required[:] = [new if each == old else each for each in required]
    rename_in([*_texts(workflow)], "inputs", {old: new})
    return []


def _rename_connection(workflow: Json, old: str, new: str) -> Sequence[Object]:
    _rename_key(_named(workflow, "connection"), old, new)
    users: list[Object] = []
    for each in steps_in(workflow):
        tools = each.step.get("input")
        listed = tools.get("tools") if isinstance(tools, dict) else None
        users += [each.step, *(tool for tool in (listed if isinstance(listed, list) else []) if isinstance(tool, dict))]
    for user in users:
        if user.get("connection") == old:
            user["connection"] = new
    return []


def _rename_output(workflow: Json, old: str, new: str) -> Sequence[Object]:
    _rename_key(_named(workflow, "output"), old, new)
    return []


def _rename_key(holder: Object, old: str, new: str) -> None:
    entries = [(new if key == old else key, value) for key, value in holder.items()]
    holder.clear()
    holder.update(entries)


_RENAMERS: dict[Kind, Callable[[Json, str, str], Sequence[Object]]] = {
    "step": _rename_step,
    "input": _rename_input,
    "connection": _rename_connection,
    "output": _rename_output,
}


def rename_called_workflow(workflow: Json, old: str, new: str) -> int:
    """Change the id in the steps that call a workflow; return how many there are."""
    changed = 0
    for _call, given in _calls(workflow, old):
        given["workflow"] = new
        changed += 1
    return changed


def rename_in_calls(workflow: Json, called: str, named: RenameTarget, new: str) -> int:
    """Rename an input or output in a caller of a workflow; return the number of uses."""
    changed = 0
    for call, given in _calls(workflow, called):
        inputs = given.get("inputs")
        if named.kind == "input" and isinstance(inputs, dict) and named.name in inputs:
            _rename_key(inputs, named.name, new)
            changed += 1
        elif named.kind == "output":
            changed += rename_in([*_texts(workflow)], "steps", {named.name: new}, (call.id, "output"))
    return changed


def _calls(workflow: Json, called: str) -> Iterator[tuple[PlacedStep, Object]]:
    """Yield the steps that call a workflow, with their input."""
    for each in steps_in(workflow):
        given = each.step.get("input")
        if each.step.get("type") == "workflow" and isinstance(given, dict) and given.get("workflow") == called:
            yield each, given
