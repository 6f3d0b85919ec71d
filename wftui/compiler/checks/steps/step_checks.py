"""Check one step by itself: its type, its literal input, its own expressions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic, broken
from wftui.compiler.diagnostics.other_words import meant_keys, meant_type
from wftui.compiler.expressions.syntax import expression_end
from wftui.compiler.expressions.template import split_template
from wftui.compiler.tree.bindings import Binding
from wftui.compiler.tree.edits import edit
from wftui.compiler.tree.literal_values import input_diagnostics, input_schema_of
from wftui.compiler.tree.nodes import StepNode, WorkflowTree
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.schema.json_schema import as_object
from wftui.model.text.raw_text import KEEP_BRACES, with_raw, without_raw
from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.model.workflow.compilation import Fix, PatchOperation
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.model.workflow.definition import Workflow
from wftui.steps.api.findings import Repair
from wftui.steps.api.step_type import ConnectionUse, StepType, StepTypes


def check_type(node: StepNode, step_types: StepTypes) -> tuple[StepType[Any] | None, list[Diagnostic]]:
    """Return the type of a step (None for a container), and its diagnostics."""
    word = node.step.type
    if word in CONTAINER_TYPES or not word:
        return None, []
    found = step_types.get(word)
    if found is not None:
        return found, []
    why = step_types.why_not(word)
    if why is not None:
        message = f"the step type {word} cannot be used: {why.rstrip('.')}"
        return None, [Diagnostic("step.type", message, node.at("type"), step_id=node.id or None, field="type")]
    guess, message = _unknown_type(word, [*(each.word for each in step_types.types()), *CONTAINER_TYPES])
    fixes = (patches.replace(f"change it to {guess}", node.at("type"), guess),) if guess else ()
    return None, [Diagnostic("step.type", message, node.at("type"), step_id=node.id or None, field="type", fixes=fixes)]


def check_default_types(tree: WorkflowTree, step_types: StepTypes) -> Iterator[Diagnostic]:
    """Yield the entries of `defaults.types` that are for no step type."""
    for word in tree.workflow.defaults.types:
        pointer, field = pointer_to(["defaults", "types", word]), f"defaults.types.{word}"
        if word in CONTAINER_TYPES:
            fix = patches.remove(f"remove {word}", pointer)
            message = f"a {word} takes no defaults; the steps inside it have their own"
            yield Diagnostic("key.misplaced", message, pointer, part="key", field=field, fixes=(fix,))
        elif step_types.get(word) is None and step_types.why_not(word) is None:
            guess, message = _unknown_type(word, [each.word for each in step_types.types()])
            renamed = pointer_to(["defaults", "types", guess or ""])
            fixes = (patches.rename(f"rename it to {guess}", pointer, renamed),) if guess else ()
            yield Diagnostic("step.type", message, pointer, part="key", field=field, fixes=fixes)


def check_default_inputs(tree: WorkflowTree, step_types: StepTypes) -> Iterator[Diagnostic]:
    """Yield the diagnostics of fields in `defaults.types` that no step takes."""
    defaults = tree.workflow.defaults.types
    for word, each in defaults.items():
        step_type = step_types.get(word)
        if step_type is None:
            continue
        base = pointer_to(["defaults", "types", word, "input"])
        takers = [as_object(node.raw.get("input")) for node in tree.walk() if node.step.type == word]
        for name, value in each.input.items():
            if any(name not in given for given in takers):
                continue
            bound = frozenset(_bound(value, pointer_to([name])))
            for problem in input_diagnostics(step_type, {name: value}, bound):
                if problem.path[:1] == (name,):
                    field = ".".join(["defaults", "types", word, "input", *problem.path])
                    at, fixes = base + problem.pointer, problem.fixes_at(base)
                    yield Diagnostic(problem.code, problem.message, at, part=problem.part, field=field, fixes=fixes)


def _bound(value: Json, pointer: str) -> Iterator[str]:
    """Yield the pointers of the texts in a value that are bindings."""
    if isinstance(value, str):
        if split_template(value) is not None:
            yield pointer
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _bound(inner, pointer + pointer_to([key]))


def _unknown_type(word: str, known: list[str]) -> tuple[str | None, str]:
    """Return the type that may be meant, and the message."""
    guess, form = meant_type(word, known)
    hint = did_you_mean(guess, f"; write {form}" if form else f"; known types: {', '.join(sorted(known))}")
    return guess, f"there is no step type {word!r}{hint}"


def check_input(node: StepNode, step_type: StepType[Any], bindings: Iterable[Binding]) -> list[Diagnostic]:
    """Check the literal parts of a step's input: all but its bindings."""
    base = node.at("input")
    bound = frozenset(each.pointer.removeprefix(base) for each in bindings if each.use == "input")
    found = [
        Diagnostic(
            each.code,
            each.message,
            base + each.pointer if _is_written(node, base + each.pointer) else node.pointer,
            part=each.part if _is_written(node, base + each.pointer) else "key",
            step_id=node.id or None,
            field=".".join(["input", *each.path]),
            fixes=each.fixes_at(base) if _is_written(node, base + each.pointer) else (),
        )
        for each in input_diagnostics(step_type, _without_raw(node), bound)
    ]
    try:
        refused = list(step_type.check(node.step.input))
        repairs = step_type.repairs(node.step.input) if refused else {}
    except Exception as error:  # noqa: BLE001  (a plugin may raise anything)
        refused, repairs = [("", broken(step_type.word, error))], {}
    for field, sentence in refused:
        name = field.partition(".")[0]
        pointer = node.at("input", name) if name in node.step.input else node.at("input")
        if not _is_written(node, pointer):
            pointer = node.pointer
        found.append(
            Diagnostic(
                "input.refused",
                sentence.rstrip("."),
                pointer,
                step_id=node.id or None,
                field=f"input.{field}".rstrip("."),
                fixes=(_repair(node, repairs[field]),) if field in repairs and "input" in node.raw else (),
            )
        )
    return found


def structure_of(node: StepNode, step_type: StepType[Any] | None) -> Iterator[Diagnostic]:
    """Yield the diagnostics of a step's structure, with fields beside its input."""
    given = node.raw.get("input", {})
    fields: Mapping[str, Json] = {}
    if step_type is not None and isinstance(given, dict):
        fields = as_object(input_schema_of(step_type).get("properties"))
    for each in node.found:
        key = each.field if each.code == "key.unknown" and each.field in node.raw else None
        if key is None or not isinstance(given, dict):
            yield each
            continue
        free = [name for name in fields if name not in given]
        names = (key,) if key in free else meant_keys(key, node.raw[key], free, given)
        renames = each.fixes[:-1]  # the last one removes the key
        if not names or (renames and key not in fields and "that" not in names):
            yield each
            continue
        others = ["when"] if renames and key not in fields else []
        hint = did_you_mean(", or ".join([*(f"input.{name}" for name in names), *others]))
        moves = (_moved(node, key, name) for name in names)
        kept = each.fixes if others else each.fixes[-1:]
        yield replace(each, message=f"unknown key {key!r}{hint}", fixes=(*moves, *kept))


def _moved(node: StepNode, key: str, name: str) -> Fix:
    """Return the fix that makes a key of a step a field of its input."""
    patch = [PatchOperation(op="move", path=node.at("input", name), from_=node.at(key))]
    if "input" not in node.raw:
        patch.insert(0, PatchOperation(op="add", path=node.at("input"), value={}))
    return Fix(title=f"move it to input.{name}", patch=patch)


def _is_written(node: StepNode, pointer: str) -> bool:
    """Return whether the file has a place for a part of the input."""
    return "input" in node.raw or node.inherits(pointer)


def _without_raw(node: StepNode) -> dict[str, Json]:
    if not any("{%" in text for _pointer, _field, text in node.strings):
        return node.step.input
    return {name: without_raw(value) for name, value in node.step.input.items()}


def _repair(node: StepNode, repair: Repair) -> Fix:
    written = node.step.input
    patch = [
        PatchOperation(op="replace" if name in written else "add", path=node.at("input", name), value=value)
        for name, value in repair.changes.items()
    ]
    return Fix(title=repair.title, patch=patch)


def check_connection(node: StepNode, step_type: StepType[Any] | None, workflow: Workflow) -> list[Diagnostic]:
    """Check that a step names the connection it needs, of the right kind."""
    name = node.step.connection
    kind = step_type.connection_kind if step_type else None
    if name is None:
        missing = step_type is not None and step_type.connection_required
        return [_missing_connection(node, str(kind), workflow)] if missing else []
    if node.step.type in CONTAINER_TYPES or (step_type is not None and kind is None):
        fix = patches.remove("remove connection", node.at("connection"))
        return [_connection(node, "connection.unused", f"a step of type {node.step.type} takes no connection", (fix,))]
    if name not in workflow.connections:
        guess = suggestion(name, workflow.connections)
        fixes = (patches.replace(f"change it to {guess}", node.at("connection"), guess),) if guess else ()
        if kind is not None:
            declared = Fix(title=f"declare {name}, of kind {kind}", patch=[_declaration(name, kind, workflow)])
            fixes = (*fixes, declared)
        return [_connection(node, "connection.unknown", _unknown(name, workflow), fixes)]
    if step_type is not None and not step_type.takes_connection(workflow.connections[name].kind):
        return [_connection(node, "connection.kind", _other_kind(step_type, name, workflow))]
    return []


def check_connection_uses(node: StepNode, uses: Iterable[ConnectionUse], workflow: Workflow) -> Iterator[Diagnostic]:
    """Check the connections that a step's input names."""
    for use in uses:
        if use.name not in workflow.connections:
            code, message = "connection.unknown", _unknown(use.name, workflow)
        elif not use.step_type.takes_connection(workflow.connections[use.name].kind):
            code, message = "connection.kind", _other_kind(use.step_type, use.name, workflow)
        else:
            continue
        yield Diagnostic(
            code, message, node.at("input", use.field), step_id=node.id or None, field=f"input.{use.field}"
        )


def _unknown(name: str, workflow: Workflow) -> str:
    guess = suggestion(name, workflow.connections)
    return f"the workflow has no connection {name!r}{did_you_mean(guess)}"


def _other_kind(step_type: StepType[Any], name: str, workflow: Workflow) -> str:
    takes = f"takes a connection of kind {step_type.connection_kind}" if step_type.connection_kind else "takes none"
    return f"a step of type {step_type.word} {takes}; {name} is one of kind {workflow.connections[name].kind}"


def _missing_connection(node: StepNode, kind: str, workflow: Workflow) -> Diagnostic:
    fitting = [name for name, need in workflow.connections.items() if need.kind == kind]
    if fitting:
        patch = [PatchOperation(op="add", path=node.at("connection"), value=fitting[0])]
    else:
        patch = [_declaration(kind, kind, workflow)]
        patch.append(PatchOperation(op="add", path=node.at("connection"), value=kind))
    name = fitting[0] if fitting else kind
    message = f"a step of type {node.step.type} needs a connection of kind {kind}"
    return Diagnostic(
        "connection.missing",
        message,
        node.at("type"),
        step_id=node.id or None,
        field="connection",
        fixes=(Fix(title=f'add "connection": "{name}"', patch=patch),),
    )


def _declaration(name: str, kind: str, workflow: Workflow) -> PatchOperation:
    """Return the operation that adds a connection to a workflow."""
    # "connections" may be missing; adding it whole would remove existing ones.
    if workflow.connections:
        return PatchOperation(op="add", path=pointer_to(["connections", name]), value={"kind": kind})
    return PatchOperation(op="add", path="/connections", value={name: {"kind": kind}})


def _connection(node: StepNode, code: str, message: str, fixes: tuple[Fix, ...] = ()) -> Diagnostic:
    return Diagnostic(code, message, node.at("connection"), step_id=node.id or None, field="connection", fixes=fixes)


def _literal_braces(binding: Binding, offset: int) -> tuple[Fix, ...]:
    """Return the fix that makes the braces around, or at, an offset a literal text."""
    begin = binding.text.rfind("{{", 0, offset + 2)
    if begin < 0:
        return ()
    end = expression_end(binding.text, begin + 2)
    length = (end + 2 if end >= 0 else len(binding.text)) - begin
    text = with_raw(binding.text[begin : begin + length])
    return (edit(binding, begin, length, text, KEEP_BRACES),) if text is not None else ()


def check_expressions(binding: Binding) -> list[Diagnostic]:
    """Check the syntax of the expressions of a binding, and its braces."""
    found: list[Diagnostic] = []
    fixes: tuple[Fix, ...] = ()
    if binding.expression is not None and "{{" in binding.text:
        text = binding.text.strip()
        template = split_template(text.removeprefix("$") if text.startswith("${{") else text)
        if template is not None and template.keeps_type:
            bare = template.embedded[0].expression.text
            fixes = (patches.replace("remove the braces", binding.pointer, bare),)
        message = f"{binding.field} is already an expression; write it without {{{{ }}}}"
        return [binding.diagnostic("expression.braces", message, fixes=fixes)]
    for diagnostic, offset in binding.diagnostics:
        start = offset + diagnostic.offset
        fixes = ()
        if diagnostic.replacement is not None:
            fixes = (edit(binding, start, diagnostic.length, diagnostic.replacement),)
        elif binding.template is not None and diagnostic.code in ("expression.syntax", "expression.unclosed"):
            fixes = _literal_braces(binding, start)
        found.append(
            binding.diagnostic(diagnostic.code, diagnostic.message, offset=start, length=diagnostic.length, fixes=fixes)
        )
    return found
