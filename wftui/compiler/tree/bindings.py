"""All expressions of a workflow, with their location and their visible names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.expressions.expression import Expression, compile_expression
from wftui.compiler.expressions.template import Template, split_template
from wftui.compiler.source.text_diagnostic import TextDiagnostic
from wftui.compiler.tree.nodes import Body, StepNode, WorkflowTree, strings_in
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.json.pointers import pointer_to
from wftui.model.schema.computed_defaults import computed_defaults
from wftui.model.workflow.compilation import Fix, Severity
from wftui.model.workflow.definition import ForEach, Matrix

Use = Literal[
    "input",
    "when",
    "items",
    "matrix",
    "limit",
    "policy",
    "item_when",
    "stop_when",
    "until",
    "while",
    "case",
    "catch_output",
    "vars",
    "input_default",
    "group",
    "output",
]

PREVIOUS = "previous"
"""The output of the iteration before, in the expressions of an iteration."""
ERROR = "error"
"""The error that the handler steps of a catch handle."""


@dataclass(slots=True, eq=False)
class Binding:
    """A string of workflow.json that is, or contains, expressions.

    Attributes:
        node: the step it belongs to; None for the workflow's outputs.
        use: what it is for.
        at: its pointer within the step, which moves; without a step, the whole pointer.
        field: its name for people.
        text: the string.
        template: its parts, for a string with braces; None for a bare expression.
        expression: the bare expression; None for a string with braces.
        body: the list of steps whose names it may read, with those around it.
        names: the loop variables it may read.
    """

    node: StepNode | None
    use: Use
    at: str
    field: str
    text: str
    body: Body
    names: frozenset[str]
    template: Template | None = None
    expression: Expression | None = None

    @property
    def pointer(self) -> str:
        """The pointer of the string."""
        return self.at if self.node is None else self.node.pointer + self.at

    @property
    def expressions(self) -> tuple[tuple[Expression, int], ...]:
        """Its expressions with their offsets in the string."""
        if self.template is not None:
            return self.template.expressions
        assert self.expression is not None
        return ((self.expression, 0),)

    @property
    def diagnostics(self) -> Iterable[tuple[TextDiagnostic, int]]:
        """Its diagnostics, each with an offset to add."""
        if self.template is not None:
            return self.template.diagnostics
        assert self.expression is not None
        return [(diagnostic, 0) for diagnostic in self.expression.diagnostics]

    def diagnostic(
        self,
        code: str,
        message: str,
        severity: Severity = "error",
        *,
        offset: int = -1,
        length: int = 1,
        fixes: tuple[Fix, ...] = (),
    ) -> Diagnostic:
        """Return a diagnostic of this string, or of a stretch of it."""
        return Diagnostic(
            code,
            message,
            self.pointer,
            severity,
            offset=offset,
            length=length,
            step_id=self.node.id or None if self.node else None,
            field=self.field,
            fixes=fixes,
        )


def step_bindings(node: StepNode) -> list[Binding]:
    """Return the bindings of one step, without those of the steps inside it."""
    found: list[Binding] = []
    outer = names_in(node.body)
    loop = node.step.for_each
    own = _with_item(outer, node) if loop is not None else outer
    if node.step.when is not None:
        found.append(_bare(node, "when", node.at("when"), "when", node.step.when, node.body, outer))
    if loop is not None:
        found += _items(node, loop, outer)
        if loop.when is not None:
            found.append(
                _bare(node, "item_when", node.at("forEach", "when"), "forEach.when", loop.when, node.body, own)
            )
        if loop.stop_when is not None:
            at, field = node.at("forEach", "stopWhen"), "forEach.stopWhen"
            found.append(_bare(node, "stop_when", at, field, loop.stop_when, node.body, own | {"output"}))
    for pointer, field, text in node.strings:
        template = split_template(text)
        if template is not None and template.evaluates:
            at = _within(node, pointer)
            found.append(Binding(node, "input", at, field, text, node.body, own, template=template))
    found += _templates(node, "policy", node.step.timeout, node.at("timeout"), "timeout", node.body, own)
    if node.step.retry is not None:
        found += _templates(node, "policy", node.step.retry.templates, node.at("retry"), "retry", node.body, own)
    for inner in node.bodies:
        if inner.when is not None:
            field = inner.when_pointer.removeprefix(node.pointer)[1:].replace("/", ".")
            found.append(_bare(node, "case", inner.when_pointer, field, inner.when, node.body, own))
    for inner in node.catches:
        at = inner.pointer.removesuffix("/steps") + "/output"
        field = at.removeprefix(node.pointer)[1:].replace("/", ".")
        given = inner.output[0] if inner.output else None
        found += _templates(node, "catch_output", given, at, field, inner, names_in(inner))
    if node.step.while_ is not None and node.main_bodies:
        names = own | {"index", PREVIOUS}
        found.append(_bare(node, "while", node.at("while"), "while", node.step.while_, node.body, names))
    if node.step.until is not None and node.main_bodies:
        inside = node.main_bodies[0]
        found.append(_bare(node, "until", node.at("until"), "until", node.step.until, inside, names_in(inside)))
    return found


def _items(node: StepNode, loop: ForEach, names: frozenset[str]) -> Iterator[Binding]:
    """Yield the bindings that give the items of a forEach and its limits."""
    at = node.at("forEach", "in")
    if isinstance(loop.in_, str):
        yield _bare(node, "items", at, "forEach.in", loop.in_, node.body, names)
    else:
        yield from _templates(node, "matrix", matrix_value(loop.in_), at, "forEach.in", node.body, names)
    limits = {"maxParallel": loop.max_parallel, "maxItems": loop.max_items}
    yield from _templates(node, "limit", limits, node.at("forEach"), "forEach", node.body, names)


def matrix_value(matrix: Matrix) -> dict[str, Json]:
    """Return a matrix as written."""
    return matrix.model_dump(by_alias=True, exclude_unset=True)


def _templates(
    node: StepNode | None, use: Use, value: Json, pointer: str, field: str, body: Body, names: frozenset[str]
) -> Iterator[Binding]:
    for at, name, text in strings_in(value, pointer, field):
        template = split_template(text)
        if template is not None and template.evaluates:
            yield Binding(node, use, _within(node, at), name, text, body, names, template=template)


def var_bindings(tree: WorkflowTree) -> list[Binding]:
    """Return the bindings of the workflow's variables."""
    names = tree.main.names
    return [*_templates(None, "vars", tree.workflow.vars, "/vars", "vars", Body("main", "/vars"), names)]


def input_default_bindings(tree: WorkflowTree) -> list[Binding]:
    """Return the bindings of the computed defaults of inputs."""
    found: list[Binding] = []
    for name, text in computed_defaults(tree.workflow.input_schema).items():
        at = pointer_to(["inputSchema", "properties", name, "default"])
        body = Body("main", "/inputSchema")
        field = f"inputSchema.properties.{name}.default"
        found += _templates(None, "input_default", text, at, field, body, frozenset())
    return found


def group_bindings(tree: WorkflowTree) -> list[Binding]:
    """Return the bindings of the workflow's concurrency group."""
    limit = tree.workflow.concurrency
    group = limit.group if limit is not None else None
    at, field, body = "/concurrency/group", "concurrency.group", Body("main", "/concurrency")
    return [*_templates(None, "group", group, at, field, body, tree.main.names)]


def output_bindings(tree: WorkflowTree) -> list[Binding]:
    """Return the bindings of the workflow's outputs, which see `finally` too."""
    outputs, body = tree.workflow.outputs, tree.finally_
    return [*_templates(None, "output", outputs, "/outputs", "outputs", body, body.names)]


def names_in(body: Body) -> frozenset[str]:
    """Return the loop variables that the steps of a list may read."""
    owner = body.owner
    if owner is None:
        return body.names
    names = names_in(owner.body)
    if owner.step.for_each is not None:
        names = _with_item(names, owner)
    if body.kind == "loop":
        names |= {"index", PREVIOUS}
    if body.kind == "catch":
        names |= {ERROR}
    return names


def _with_item(names: frozenset[str], node: StepNode) -> frozenset[str]:
    """Return the names inside a forEach; `previous` is that of the innermost loop."""
    loop = node.step.for_each
    assert loop is not None
    if loop.max_parallel == 1:
        return names | {loop.as_, "index", PREVIOUS}
    if not is_loop_variable(PREVIOUS, node.body):
        names -= {PREVIOUS}
    return names | {loop.as_, "index"}


def is_loop_variable(name: str, body: Body) -> bool:
    """Return whether a forEach around a list of steps calls its item so."""
    owner = body.owner
    while owner is not None:
        if owner.step.for_each is not None and owner.step.for_each.as_ == name:
            return True
        owner = owner.body.owner
    return False


class NamesInside(NamedTuple):
    """Names that the iterations and the handlers of a step get.

    Attributes:
        items: an item of its forEach reads `previous`.
        loop: an iteration of its loop reads `previous`.
        error: no loop variable hides the `error` of its catch.
    """

    items: bool = False
    loop: bool = False
    error: bool = True


def names_inside(node: StepNode, bindings: Mapping[StepNode | None, Sequence[Binding]]) -> NamesInside:
    """Return the names that the iterations and the handlers of a step get."""
    loop, is_loop = node.step.for_each, node.step.type == "loop"
    own_names = {loop.as_} if loop is not None else set()
    error = not (node.catches and (ERROR in own_names or is_loop_variable(ERROR, node.body)))
    hidden = PREVIOUS in own_names or is_loop_variable(PREVIOUS, node.body)
    if (loop is None and not is_loop) or hidden:
        return NamesInside(error=error)
    own = {binding.use for binding in bindings.get(node, ()) if _reads_previous(binding)}
    inside = any(_inner_reads(inner, bindings) for body in node.main_bodies for inner in body.steps)
    handlers = any(_inner_reads(inner, bindings) for body in node.catches for inner in body.steps)
    of_loop = is_loop and (inside or not own.isdisjoint({"until", "while"}))
    of_items = handlers or not own.isdisjoint(_OF_ITEM) or (inside and not is_loop)
    return NamesInside(loop is not None and of_items, of_loop, error)


OUTSIDE_ITEMS = frozenset({"when", "items", "matrix", "limit"})
"""Uses of bindings of a step with forEach that no item has."""
_OF_ITEM = frozenset({"input", "policy", "case", "item_when", "stop_when", "catch_output"})


def _inner_reads(node: StepNode, bindings: Mapping[StepNode | None, Sequence[Binding]]) -> bool:
    """Return whether a step inside reads `previous` of a loop around it."""
    repeats, is_loop = node.step.for_each is not None, node.step.type == "loop"
    for binding in bindings.get(node, ()):
        outer = binding.use in OUTSIDE_ITEMS if repeats else not (is_loop and binding.use in ("until", "while"))
        if outer and _reads_previous(binding):
            return True
    if repeats:
        return False
    bodies = node.catches if is_loop else node.bodies
    return any(_inner_reads(inner, bindings) for body in bodies for inner in body.steps)


def _reads_previous(binding: Binding) -> bool:
    return any(
        reference.root == "local" and reference.path[0] == PREVIOUS
        for expression, _offset in binding.expressions
        for reference in expression.references
    )


def _bare(node: StepNode, use: Use, pointer: str, field: str, text: str, body: Body, names: frozenset[str]) -> Binding:
    at = _within(node, pointer)
    return Binding(node, use, at, field, text, body, names, expression=compile_expression(text))


def _within(node: StepNode | None, pointer: str) -> str:
    return pointer if node is None else pointer[len(node.pointer) :]
