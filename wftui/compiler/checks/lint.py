"""Lint: unused inputs, expressions without braces, braces in plain text."""

import re
from collections.abc import Collection, Iterable, Iterator, Set
from functools import partial
from typing import Any

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.expressions.template import split_template
from wftui.compiler.text_caches import text_cache
from wftui.compiler.tree.bindings import Binding
from wftui.compiler.tree.nodes import StepNode, WorkflowTree, strings_in
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.json.pointers import pointer_to
from wftui.model.schema.json_schema import as_list
from wftui.model.text.raw_text import blank_raw
from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.model.workflow.compilation import Fix, PatchOperation
from wftui.model.workflow.definition import Fallback, Matrix
from wftui.steps.api.step_type import StepType

_REST = r"(?:\.\w+|\[\d+\])*"
_BARE = re.compile(rf"(?:inputs|run|env)\.[A-Za-z_]\w*{_REST}|steps\.[a-z]\w*\.(?:output|status|error|attempts){_REST}")
_SINGLE = re.compile(rf"(?<![{{$])\$?\{{\s*({_BARE.pattern})\s*\}}(?!\}})")
"""A reference in the braces of other languages."""
_EQUALS = re.compile(r"\s*=(?=\{\{)")
"""The sign before the braces of spreadsheets and of n8n."""
_STATEMENT = re.compile(r"\{%-?\s*(?:if|for|set|macro|include|import|block|extends|endif|endfor|else|elif)\b")


@dataclass(frozen=True, slots=True)
class Reads:
    """Inputs and environment variables that expressions read.

    Attributes:
        every_input: the inputs as a whole; `every_env`: the environment as a whole.
        variables: some of the workflow's variables.
        known: false if an expression is broken: it may read anything.
    """

    inputs: frozenset[str] = frozenset()
    env: frozenset[str] = frozenset()
    every_input: bool = False
    every_env: bool = False
    variables: bool = False
    known: bool = True

    @classmethod
    def of(cls, bindings: Iterable[Binding]) -> "Reads":
        """Return the reads of some bindings."""
        read: dict[str, set[str]] = {"inputs": set(), "env": set()}
        whole: set[str] = set()
        variables = False
        for binding in bindings:
            for expression, _offset in binding.expressions:
                if expression.tree is None:
                    return cls(known=False)  # a broken expression may read anything
                for reference in expression.references:
                    if reference.root == "local":
                        variables = variables or reference.path[0] == "vars"
                    elif reference.root in read and reference.path:
                        read[reference.root].add(str(reference.path[0]))
                    else:
                        whole.add(reference.root)
        if not (whole or variables or read["inputs"] or read["env"]):
            return NO_READS
        inputs, env = frozenset(read["inputs"]), frozenset(read["env"])
        return cls(inputs, env, "inputs" in whole, "env" in whole, variables)


NO_READS = Reads()
"""Shared: of a thousand steps, most read neither."""


def lint_step(node: StepNode, step_type: StepType[Any] | None) -> Iterator[Diagnostic]:
    """Yield hints and warnings on the texts of a step."""
    yield from _strings(node, step_type.foreign_fields if step_type else frozenset())
    yield from _not_evaluated(node)
    yield from _excluded(node)


def lint_workflow(tree: WorkflowTree, reads: Collection[Reads], used: Collection[str]) -> Iterator[Diagnostic]:
    """Yield hints and warnings on a workflow apart from its steps.

    Args:
        used: connections that steps name in their inputs.
    """
    if all(each.known for each in reads):
        yield from _unused(tree, reads, used)
    for pointer, field, text in strings_in(tree.workflow.outputs, "/outputs", "outputs"):
        yield from _string(None, pointer, field, text)


def _unused(tree: WorkflowTree, reads: Collection[Reads], also_used: Collection[str]) -> Iterator[Diagnostic]:
    workflow = tree.workflow
    read = frozenset().union(*(each.inputs for each in reads))
    env = frozenset().union(*(each.env for each in reads))
    properties = workflow.input_schema.get("properties")
    for name in properties if isinstance(properties, dict) else ():
        if name not in read and not any(each.every_input for each in reads):
            pointer = "/inputSchema/properties" + pointer_to([name])
            message = f"no step reads the input {name}"
            field = f"inputSchema.properties.{name}"
            fix = _without_input(tree, name, pointer)
            yield Diagnostic("input.unused", message, pointer, "hint", part="key", field=field, fixes=(fix,))
        yield from _nested_defaults(name, properties[name] if isinstance(properties, dict) else None)
    for index, name in enumerate(workflow.env):
        if name not in env and not any(each.every_env for each in reads):
            fix = patches.remove(f"remove {name}", f"/env/{index}")
            message = f"no expression reads env.{name}"
            yield Diagnostic("env.unused", message, f"/env/{index}", "hint", field="env", fixes=(fix,))
    used = {*also_used, *(node.step.connection for node in tree.walk())}
    for name in workflow.connections:
        if name not in used:
            pointer = "/connections" + pointer_to([name])
            fix = patches.remove(f"remove {name}", pointer)
            message = f"no step uses the connection {name}"
            yield Diagnostic(
                "connection.idle", message, pointer, "hint", part="key", field=f"connections.{name}", fixes=(fix,)
            )


def _nested_defaults(name: str, schema: Json) -> Iterator[Diagnostic]:
    """Report expressions in the defaults of fields inside an input."""
    base = "/inputSchema/properties" + pointer_to([name])
    inside = {key: value for key, value in schema.items() if key != "default"} if isinstance(schema, dict) else {}
    for pointer, field, text in strings_in(inside, base, f"inputSchema.properties.{name}"):
        template = split_template(text) if pointer.endswith("/default") else None
        if template is not None and template.evaluates:
            message = f"only the default of {name} itself is evaluated, not those of fields inside it"
            yield Diagnostic("expression.not_evaluated", message, pointer, "warning", field=field)


def _excluded(node: StepNode) -> Iterator[Diagnostic]:
    """Yield warnings on entries of `exclude` that leave out nothing, or everything."""
    matrix = node.step.for_each.in_ if node.step.for_each is not None else None
    if not isinstance(matrix, Matrix) or not isinstance(matrix.exclude, list):
        return
    for index, entry in enumerate(matrix.exclude):
        pointer = node.at("forEach", "in", "exclude", index)
        unknown = next((name for name in entry if name not in matrix.matrix), None)
        fixes: tuple[Fix, ...] = ()
        if unknown is not None:
            guess = suggestion(unknown, matrix.matrix)
            message = f"this leaves out nothing: the matrix has no {unknown!r}{did_you_mean(guess)}"
            at = pointer + pointer_to([unknown])
            fixes = (patches.rename(f"change it to {guess}", at, pointer + pointer_to([guess])),) if guess else ()
        elif not entry:
            message, at = "this leaves out every item", pointer
            fixes = (patches.remove("remove the entry", pointer),)
        else:
            continue
        yield Diagnostic(
            "foreach.exclude",
            message,
            at,
            "warning",
            part="key" if unknown is not None else "value",
            step_id=node.id or None,
            field="forEach",
            fixes=fixes,
        )


def _without_input(tree: WorkflowTree, name: str, pointer: str) -> Fix:
    required = as_list(tree.workflow.input_schema.get("required"))
    patch = [PatchOperation(op="remove", path=pointer)]
    if name in required:
        patch.append(PatchOperation(op="remove", path=f"/inputSchema/required/{required.index(name)}"))
    return Fix(title=f"remove {name}", patch=patch)


def _strings(node: StepNode, foreign_fields: Set[str]) -> Iterator[Diagnostic]:
    begin = len(node.pointer) + len("/input/")
    for pointer, field, text in node.strings:
        if not foreign_fields or pointer[begin:].partition("/")[0] not in foreign_fields:
            yield from _string(node, pointer, field, text)


@text_cache(50_000)
def _is_plain(text: str) -> bool:
    """Return whether a text gives no reason for a lint hint."""
    return not (_bare(text) or _SINGLE.search(text) or _EQUALS.match(text) or "${{" in text or _STATEMENT.search(text))


def _bare(text: str) -> str | None:
    """Return the reference that a text consists of, if it is one without braces."""
    reference = text.strip().removeprefix("=").lstrip()
    return reference if _BARE.fullmatch(reference) else None


def _string(node: StepNode | None, pointer: str, field: str, text: str) -> Iterator[Diagnostic]:
    original, text = text, blank_raw(text)
    if _is_plain(text):
        return
    step_id = node.id or None if node is not None else None
    warning = partial(Diagnostic, pointer=pointer, severity="warning", step_id=step_id, field=field)
    if (reference := _bare(text)) is not None:
        fix = patches.replace("add braces", pointer, f"{{{{ {reference} }}}}")
        message = "this is text, not an expression; put {{ }} around an expression"
        yield warning("expression.no_braces", message, fixes=(fix,))
    if single := _SINGLE.search(text):
        fix = patches.replace("double the braces", pointer, _with_braces(original, text))
        message = f"this is text, not an expression; write {{{{ {single[1]} }}}}"
        yield warning("expression.no_braces", message, offset=single.start(), length=len(single[0]), fixes=(fix,))
    if (equals := _EQUALS.match(text)) and split_template(text) is not None:
        fix = patches.replace("remove the =", pointer, original[equals.end() :])
        message = "the = stays in the text; an expression starts with {{ only"
        yield warning("expression.equals", message, offset=equals.end() - 1, fixes=(fix,))
    if "${{" in text and split_template(text) is not None:
        fix = patches.replace("remove the $", pointer, _without_dollars(original, text))
        message = "the $ stays in the text; an expression starts with {{ only"
        yield warning("expression.dollar", message, offset=text.index("${{"), fixes=(fix,))
    if found := _STATEMENT.search(text):
        message = "statements are not evaluated; use an expression: {{ a if b else c }}"
        yield warning("expression.statement", message, offset=found.start(), length=len(found[0]))


def _with_braces(original: str, blanked: str) -> str:
    """Double the braces around references, but not those in literal stretches."""
    parts, end = list[str](), 0
    for found in _SINGLE.finditer(blanked):
        parts += [original[end : found.start()], f"{{{{ {found[1]} }}}}"]
        end = found.end()
    return "".join([*parts, original[end:]])


def _without_dollars(original: str, blanked: str) -> str:
    """Remove the dollars before expressions, but not those in literal stretches."""
    kept = [char for index, char in enumerate(original) if not (char == "$" and blanked.startswith("${{", index))]
    return "".join(kept)


def _not_evaluated(node: StepNode) -> Iterator[Diagnostic]:
    """Report braces in strings that are not evaluated."""
    places: list[tuple[str, str, str]] = []
    if node.step.name is not None:
        places.append((node.at("name"), "name", node.step.name))
    fallback = node.step.on_error.fallback if isinstance(node.step.on_error, Fallback) else None
    places += strings_in(fallback, node.at("onError", "fallback"), "onError.fallback")
    for pointer, field, text in places:
        template = split_template(text)
        if template is not None and template.evaluates:
            message = f"expressions in {field} are not evaluated"
            yield Diagnostic(
                "expression.not_evaluated", message, pointer, "warning", step_id=node.id or None, field=field
            )
