"""Names that expressions read: found, renamed at their exact places, and missed.

Works on values as written, so that it also serves parts of a workflow and workflows with errors.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wftui.compiler.editing.placed_steps import List, Object, id_of, inner_lists, needs_of
from wftui.compiler.expressions.expression import Expression, compile_expression
from wftui.compiler.expressions.reference import Reference
from wftui.compiler.expressions.template import split_template
from wftui.compiler.tree.edits import key_place
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.schema.computed_defaults import computed_defaults
from wftui.model.schema.json_schema import as_object
from wftui.model.workflow.inner_steps import BRANCH_KEYS

BARE_KEYS = frozenset({"when", "until", "while", "stopWhen", "in"})
"""Keys whose text is an expression without braces, outside the input of a step."""
_OF_STEPS = frozenset({"input", "when", "while", "until", "forEach", "retry", "timeout"})
"""Keys of a step whose texts are evaluated, besides those of its branches."""
_OF_BRANCHES = frozenset({"when", "output"})
"""Keys of a branch whose texts are evaluated."""
_OF_WORKFLOW = ("vars", "concurrency", "outputs")
"""Keys of a workflow whose texts are evaluated."""
_DEFAULTS = ("input", "timeout", "retry")
"""Keys of defaults whose texts are evaluated."""
_PLAIN: Mapping[str, Sequence[str]] = {
    "forEach": ("as", "onItemError"),
    "retry": ("on",),
    "concurrency": ("onBusy",),
}
"""Keys in evaluated objects whose texts are not."""
_OBJECTS = frozenset({"input", "forEach", "retry", "vars", "concurrency", "outputs"})
"""Keys whose value is an object, in which texts are evaluated; an expression cannot stand for it."""


@dataclass(slots=True)
class ExpressionText:
    """A string with expressions.

    Attributes:
        holder: the object or list that contains it under `key`.
        key: its key or position there.
        pointer: its JSON Pointer in the file.
        field: its name in messages.
        bare: it is an expression without braces.
    """

    holder: Object | List
    key: str | int
    pointer: str
    field: str
    bare: bool

    @property
    def value(self) -> str:
        """The string."""
        found = self.holder[self.key]  # type: ignore[index]  # the key fits its holder
        assert isinstance(found, str)
        return found

    def write(self, value: str) -> None:
        """Replace the string."""
        self.holder[self.key] = value  # type: ignore[index]  # the key fits its holder

    @property
    def expressions(self) -> Sequence[tuple[Expression, int]]:
        """Its expressions with their offsets."""
        if self.bare:
            return ((compile_expression(self.value), 0),)
        template = split_template(self.value)
        return template.expressions if template is not None else ()

    def reads(self, miss: "Miss") -> Iterator[tuple[Reference, int, Expression]]:
        """Yield the references that a miss is about, as `references` does."""
        root = "local" if miss.is_variable else "steps"
        yield from (each for each in self.references(root) if each[0].path[0] == miss.wanted)

    def references(self, root: str) -> Iterator[tuple[Reference, int, Expression]]:
        """Yield references of a root, with offset and text of their expression."""
        for expression, offset in self.expressions:
            for reference in expression.references:
                if reference.root == root and reference.path and isinstance(reference.path[0], str):
                    yield reference, offset, expression


def texts_of(step: Object, pointer: str = "") -> Iterator[ExpressionText]:
    """Yield the strings of a step that may hold expressions, without inner steps."""
    for key in step:
        if key in _OF_STEPS:
            yield from _texts(step, key, pointer, key, bare=key != "input")
    for key in BRANCH_KEYS:
        branches = step.get(key)
        if isinstance(branches, list):
            for index, branch in enumerate(branches):
                if isinstance(branch, dict):
                    for inner in branch:
                        if inner in _OF_BRANCHES:
                            at, field = f"{pointer}/{key}/{index}", f"{key}.{index}.{inner}"
                            yield from _texts(branch, inner, at, field, bare=True)


def _texts(holder: Object | List, key: str | int, around: str, field: str, *, bare: bool) -> Iterator[ExpressionText]:
    """Yield the strings below a key; in an input none of them is `bare`."""
    value = holder[key]  # type: ignore[index]  # the key fits its holder
    pointer = around + pointer_to([key])
    if isinstance(value, str):
        yield ExpressionText(holder, key, pointer, field, bare and key in BARE_KEYS)
    elif isinstance(value, dict | list):
        for inner in [*value] if isinstance(value, dict) else range(len(value)):
            yield from _texts(value, inner, pointer, f"{field}.{inner}", bare=bare)


def takes_expressions(keys: Sequence[str], *, of_step: bool) -> bool:
    """Return whether texts at a place are evaluated.

    Args:
        keys: the path to the place, in a step or in the workflow.
        of_step: the path begins in a step.
    """
    if of_step and keys[:1] and keys[0] in BRANCH_KEYS:
        return len(keys) > 2 and keys[2] in _OF_BRANCHES
    if not of_step and keys[:1] == ["defaults"]:
        keys = keys[3:] if keys[1:2] == ["types"] else keys[1:]
        return bool(keys) and keys[0] in _DEFAULTS and _is_evaluated(keys)
    return bool(keys) and keys[0] in (_OF_STEPS if of_step else _OF_WORKFLOW) and _is_evaluated(keys)


def _is_evaluated(keys: Sequence[str]) -> bool:
    if len(keys) == 1:
        return keys[0] not in _OBJECTS
    return keys[1] not in _PLAIN.get(keys[0], ())


def texts_of_workflow(workflow: Json) -> Iterator[ExpressionText]:
    """Yield the strings of a workflow that may hold expressions, without its steps."""
    if not isinstance(workflow, dict):
        return
    for key in _OF_WORKFLOW:
        if key in workflow:
            yield from _texts(workflow, key, "", key, bare=False)
    schema = as_object(workflow.get("inputSchema"))
    properties = as_object(schema.get("properties"))
    for name in computed_defaults(schema):
        keys = ["inputSchema", "properties", name]
        yield from _texts(properties[name], "default", pointer_to(keys), ".".join([*keys, "default"]), bare=False)
    defaults = workflow.get("defaults")
    types = defaults.get("types") if isinstance(defaults, dict) else None
    places: list[tuple[Json, list[str]]] = [(defaults, ["defaults"])]
    places += [(each, ["defaults", "types", word]) for word, each in (types if isinstance(types, dict) else {}).items()]
    for holder, path in places:
        for key in _DEFAULTS:
            if isinstance(holder, dict) and key in holder:
                yield from _texts(holder, key, pointer_to(path), ".".join([*path, key]), bare=False)


def rename_in(
    texts: Iterator[ExpressionText] | Sequence[ExpressionText],
    root: str,
    names: Mapping[str, str],
    below: tuple[str, ...] = (),
) -> int:
    """Rename the first key of references, or that below a path; return their number."""
    changed, depth = 0, len(below)
    for text in texts:
        found = []
        for reference, offset, expression in text.references(root):
            if len(reference.path) <= depth or reference.path[:depth] != below:
                continue
            new = names.get(str(reference.path[depth]))
            if new is not None:
                at, length = key_place(expression.text, reference, depth)
                found.append((offset + at, length, new))
        value = text.value
        for at, length, new in sorted(found, reverse=True):
            quote = value[at] if value[at] in "'\"" else ""
            value = f"{value[:at]}{quote}{new}{quote}{value[at + length :]}"
        if found:
            text.write(value)
            changed += len(found)
    return changed


@dataclass(frozen=True, slots=True)
class Miss:
    """A read of a step, or of a variable, that cannot be seen from there.

    Attributes:
        reader: id of the step that reads; empty for the outputs.
        field: the string: `input.text`, or `needs`.
        wanted: id of the step, or name of the variable, that is read.
        is_variable: it is a variable of an iteration or a handler: `item`, `index`, `previous`, `error`.
    """

    reader: str
    field: str
    wanted: str
    is_variable: bool = False

    def __str__(self) -> str:
        return f"{self.reader}.{self.field}" if self.reader else self.field


def misses(workflow: Json) -> Iterator[tuple[Miss, ExpressionText | None]]:
    """Yield reads of what is out of scope, with their string; None for `needs`."""
    if not isinstance(workflow, dict):
        return

    def walk(
        steps: List, around: frozenset[str], inside: frozenset[str], variables: frozenset[str]
    ) -> Iterator[tuple[Miss, ExpressionText | None]]:
        here = frozenset(id_of(each) for each in steps)
        for step in steps:
            if not isinstance(step, dict):
                continue
            own = id_of(step)
            for need in needs_of(step) or ():
                if need not in here or need == own:
                    yield Miss(own, "needs", need), None
            for text in texts_of(step):
                seen = (here | around) - inside - {own}
                for reference, _, _ in text.references("steps"):
                    if reference.path[0] not in seen and not (_sees_inside(text) and _is_inside(step, reference)):
                        yield Miss(own, text.field, str(reference.path[0])), text
                known = _variables_of(step, text.field, variables)
                for name in sorted(_variables_in(text) - known):
                    yield Miss(own, text.field, name, is_variable=True), text
            for inner in inner_lists(step):
                names = _variables_of(step, inner.pointer[1:].replace("/", "."), variables)
                yield from walk(inner.steps, here | around, inside | {own}, names)

    main, last = (_steps(workflow, key) for key in ("steps", "finally"))
    yield from walk(main, frozenset(), frozenset(), frozenset())
    top = frozenset(id_of(each) for each in main)
    yield from walk(last, top, frozenset(), frozenset())
    top |= {id_of(each) for each in last}
    for text in texts_of_workflow(workflow):
        for reference, _, _ in text.references("steps"):
            if reference.path[0] not in top:
                yield Miss("", text.field, str(reference.path[0])), text


def _steps(workflow: Object, key: str) -> List:
    found = workflow.get(key)
    return found if isinstance(found, list) else []


def _sees_inside(text: ExpressionText) -> bool:
    """Return whether a text reads the steps inside: `until`, output of a catch."""
    return text.field == "until" or text.field.startswith("catch.")


def _is_inside(step: Object, reference: Reference) -> bool:
    return any(id_of(each) == reference.path[0] for inner in inner_lists(step) for each in inner.steps)


def _variables_of(step: Object, field: str, outer: frozenset[str]) -> frozenset[str]:
    """Return the variables that a field of a step, or the steps in it, can read.

    Args:
        outer: those of the list that the step is in.
    """
    if field == "when" or field.startswith(("forEach.in", "forEach.max")):
        return outer
    names, each = outer, step.get("forEach")
    if isinstance(each, dict):
        names = names | {str(each.get("as", "item")), "index"}
        names = names | {"previous"} if each.get("maxParallel", 1) == 1 else names - {"previous"}
    if field == "forEach.stopWhen":
        return names | {"output"}
    if field.startswith("catch."):
        return names | {"error"}
    is_iteration = step.get("type") == "loop" and field.partition(".")[0] in ("steps", "while", "until", "delay")
    return names | {"index", "previous"} if is_iteration else names


def _variables_in(text: ExpressionText) -> set[str]:
    """Return the names that a text reads besides those of the whole workflow."""
    return {str(reference.path[0]) for reference, _, _ in text.references("local")} - {"vars"}


def forget(text: ExpressionText, miss: Miss) -> bool:
    """Replace the reads of a miss by an empty value; return whether all were."""
    value = text.value
    found = []
    for reference, offset, expression in text.reads(miss):
        end = offset + reference.offset + reference.length
        if value[end : end + 1] in tuple("[.("):
            return False
        whole = reference.length == len(expression.text)
        if text.bare:
            new = ("[]" if text.key == "in" else "false") if whole else "none"
        else:
            new = "none" if whole and value.startswith("{{") and value.endswith("}}") else "''"
        found.append((offset + reference.offset, end, new))
    for at, end, new in sorted(found, reverse=True):
        value = value[:at] + new + value[end:]
    text.write(value)
    return True
