"""Rename a step, an input, a connection or an output; all that names it follows."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from wftui.compiler.editing.names import ExpressionText, rename_in, texts_of, texts_of_workflow
from wftui.compiler.editing.placed_steps import EditError, Object, PlacedStep, steps_in
from wftui.compiler.editing.restructuring import Operation
from wftui.compiler.source.parsing import parse
from wftui.compiler.tree.reserved import reserved_word
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.schema.json_schema import as_list, as_object
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
    schema = workflow["inputSchema"] if isinstance(workflow, dict) else None
    _rename_property(schema, old, new)
    _rename_references(schema, "#" + pointer_to(["properties", old]), "#" + pointer_to(["properties", new]))
    rename_in([*_texts(workflow)], "inputs", {old: new})
    return []


def _rename_property(schema: Json, old: str, new: str) -> None:
    """Rename a property of an object in its schema, and in those that this applies."""
    if not isinstance(schema, dict):
        return
    for key in ("properties", "dependentRequired", "dependentSchemas", "dependencies"):
        named = schema.get(key)
        if isinstance(named, dict):
            _rename_key(named, old, new)
    discriminator = schema.get("discriminator")
    if isinstance(discriminator, dict) and discriminator.get("propertyName") == old:
        discriminator["propertyName"] = new
    conditions = [*as_object(schema.get("dependentRequired")).values()]
    dependencies = [*as_object(schema.get("dependencies")).values()]
    for names in (schema.get("required"), *conditions, *dependencies):
        if isinstance(names, list):
            names[:] = [new if each == old else each for each in names]
    inner = [each for key in ("allOf", "anyOf", "oneOf") for each in as_list(schema.get(key))]
    inner += [schema.get(key) for key in ("if", "then", "else", "not")]
    for each in (*inner, *as_object(schema.get("dependentSchemas")).values(), *dependencies):
        _rename_property(each, old, new)


def _rename_references(schema: Json, old: str, new: str) -> None:
    """Adapt the references in a schema to a moved part of it."""
    if isinstance(schema, dict):
        target = schema.get("$ref")
        if isinstance(target, str) and f"{target}/".startswith(f"{old}/"):
            schema["$ref"] = new + target.removeprefix(old)
    for each in schema.values() if isinstance(schema, dict) else as_list(schema):
        _rename_references(each, old, new)


def _rename_connection(workflow: Json, old: str, new: str) -> Sequence[Object]:
    _rename_key(_named(workflow, "connection"), old, new)
    users = [each.step for each in steps_in(workflow)]
    users += [tool for _owner, _word, given in _inputs_in(workflow) for tool in _tools(given)]
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
    """Change the id where a workflow is called; return the number of places."""
    places = [given for _owner, given in _call_inputs(workflow) if given.get("workflow") == old]
    for given in places:
        given["workflow"] = new
    return len(places)


def rename_in_calls(workflow: Json, called: str, named: RenameTarget, new: str) -> int:
    """Rename an input or output in a caller of a workflow; return the number of uses."""
    changed = 0
    calls = [*_call_inputs(workflow)]
    default = next((given.get("workflow") for owner, given in calls if owner == _DEFAULTS), None)
    for owner, given in calls:
        if given.get("workflow", None if owner == "tool" else default) != called:
            continue
        inputs = given.get("inputs")
        if named.kind == "input" and isinstance(inputs, dict) and named.name in inputs:
            _rename_key(inputs, named.name, new)
            changed += 1
        elif named.kind == "output" and isinstance(owner, PlacedStep):
            changed += rename_in([*_texts(workflow)], "steps", {named.name: new}, (owner.id, "output"))
    return changed


_DEFAULTS: Final = "defaults"
_Owner = PlacedStep | Literal["defaults", "tool"]


def _inputs_in(workflow: Json) -> Iterator[tuple[_Owner, Json, Object]]:
    """Yield the inputs of steps and of `defaults`, with owner and step type."""
    for each in steps_in(workflow):
        yield each, each.step.get("type"), _object(each.step.get("input"))
    types = as_object(as_object(as_object(workflow).get(_DEFAULTS)).get("types"))
    for word, values in types.items():
        yield _DEFAULTS, word, _object(as_object(values).get("input"))


def _object(value: Json) -> Object:
    return value if isinstance(value, dict) else {}


def _tools(given: Object) -> list[Object]:
    """Return the tools of a language model in the input of its step."""
    return [tool for tool in as_list(given.get("tools")) if isinstance(tool, dict)]


def _call_inputs(workflow: Json) -> Iterator[tuple[_Owner, Object]]:
    """Yield the inputs that may call a workflow: of steps, `defaults` and tools."""
    for owner, word, given in _inputs_in(workflow):
        if word == "workflow":
            yield owner, given
        for tool in _tools(given):
            if tool.get("type") == "workflow":
                yield "tool", _object(tool.get("input"))
