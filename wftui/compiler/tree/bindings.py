"""All expressions of a workflow, with their location and their visible names."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.expressions.expression import Expression, compile_expression
from wftui.compiler.expressions.template import Template, split_template
from wftui.compiler.source.text_diagnostic import TextDiagnostic
from wftui.compiler.tree.nodes import Body, StepNode, WorkflowTree, strings_in
from wftui.model.workflow.compilation import Fix, Severity

Use = Literal["input", "when", "items", "until", "case", "output"]


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """A string of workflow.json that is, or contains, expressions.

    Attributes:
        node: the step it belongs to; None for the workflow's outputs.
        use: what it is for.
        pointer: of the string; `field` is its name for people.
        text: the string.
        template: its parts, for a string with braces; None for a bare expression.
        expression: the bare expression; None for a string with braces.
        body: the list of steps whose names it may read, with those around it.
        names: the loop variables it may read.
    """

    node: StepNode | None
    use: Use
    pointer: str
    field: str
    text: str
    body: Body
    names: frozenset[str]
    template: Template | None = None
    expression: Expression | None = None

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
    own = outer | {node.step.for_each.as_, "index"} if node.step.for_each else outer
    if node.step.when is not None:
        found.append(_bare(node, "when", node.at("when"), "when", node.step.when, node.body, outer))
    if node.step.for_each is not None:
        text = node.step.for_each.in_
        found.append(_bare(node, "items", node.at("forEach", "in"), "forEach.in", text, node.body, outer))
    for pointer, field, text in node.strings:
        template = split_template(text)
        if template is not None and template.evaluates:
            found.append(Binding(node, "input", pointer, field, text, node.body, own, template=template))
    for inner in node.bodies:
        if inner.when is not None:
            field = inner.when_pointer.removeprefix(node.pointer)[1:].replace("/", ".")
            found.append(_bare(node, "case", inner.when_pointer, field, inner.when, node.body, own))
    if node.step.until is not None and node.bodies:
        inside = node.bodies[0]
        found.append(_bare(node, "until", node.at("until"), "until", node.step.until, inside, names_in(inside)))
    return found


def output_bindings(tree: WorkflowTree) -> list[Binding]:
    """Return the bindings of the workflow's outputs, which see `finally` too."""
    found = []
    for pointer, field, text in strings_in(tree.workflow.outputs, "/outputs", "outputs"):
        template = split_template(text)
        if template is not None and template.evaluates:
            found.append(Binding(None, "output", pointer, field, text, tree.finally_, frozenset(), template=template))
    return found


def names_in(body: Body) -> frozenset[str]:
    """Return the loop variables that the steps of a list may read."""
    names: set[str] = set()
    owner = body.owner
    while owner is not None:
        if owner.step.for_each is not None:
            names |= {owner.step.for_each.as_, "index"}
        if owner.step.type == "loop":
            names.add("index")
        owner = owner.body.owner
    return frozenset(names)


def _bare(node: StepNode, use: Use, pointer: str, field: str, text: str, body: Body, names: frozenset[str]) -> Binding:
    return Binding(node, use, pointer, field, text, body, names, expression=compile_expression(text))
