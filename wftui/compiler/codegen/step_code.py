"""Generate one step: a function for each expression, and its StepPlan.

The result does not depend on the position of the step in the file.
"""

from collections.abc import Callable
from dataclasses import field

from wftui.compiler.codegen.layout import assignment, function
from wftui.compiler.expressions.expression import compile_expression
from wftui.compiler.expressions.template import split_template
from wftui.compiler.python_code import (
    Atom,
    Bracketed,
    Code,
    Marked,
    Named,
    call,
    listing,
    literal,
    mapping,
    record,
    tuple_of,
    walk,
)
from wftui.compiler.tree.bindings import NamesInside, matrix_value
from wftui.compiler.tree.early_input import early_input, stored_secrets
from wftui.compiler.tree.nodes import Body, StepNode
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.json.pointers import pointer_to
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.model.workflow.definition import Fallback, LoopDelay, Retry, Step
from wftui.runtime.plan import ForEachPlan, RetryPlan, StepPlan

MODULES = frozenset(
    {
        "filters_lists",
        "filters_numbers",
        "filters_text",
        "functions",
        "operators",
        "predicates",
        "values",
    }
)
"""The modules of `wftui.runtime` that compiled expressions call."""

_STANDARD = StepPlan(id="", type="", name="")
_NO_NAMES = NamesInside()


@dataclass(frozen=True, slots=True)
class WrittenFunction:
    """A function of the scope: its text, and what it adds to the part that it is in."""

    name: str
    text: str
    marks: list[tuple[str, int, str, int]]
    modules: set[str]


@dataclass(slots=True)
class StepMemory:
    """Parts of a step that depend on its text alone, kept from edit to edit.

    Attributes:
        functions: those of its input, by name.
        offsets: of expressions within the step, by the pointer of their string and the offset in it.
    """

    functions: dict[str, WrittenFunction] = field(default_factory=dict)
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)


@dataclass(slots=True)
class GeneratedPart:
    """Python generated from some expressions.

    Attributes:
        functions: their texts.
        marks: function, line in it (from 0), pointer and offset of each expression.
        modules: of `wftui.runtime` that they use; `plans` are the names of `wftui.runtime.plan`.
        definition: of a step, the lines of its StepPlan up to its place in the file.
    """

    functions: list[str] = field(default_factory=list)
    marks: list[tuple[str, int, str, int]] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    plans: set[str] = field(default_factory=set)
    definition: list[str] = field(default_factory=list)

    def function(self, name: str, body: Code, decorator: str = "") -> Code:
        """Write a function of the scope; return its name."""
        return self.written(_written_function(name, body, decorator))

    def written(self, function: WrittenFunction) -> Code:
        """Add a function that is written; return its name."""
        self.functions.append(function.text)
        self.marks += function.marks
        self.modules |= function.modules
        return Atom(function.name)

    def expression(self, name: str, text: str, pointer: str) -> Code:
        """Write the function of a valid bare expression; return its name."""
        python = compile_expression(text).python
        assert python is not None
        return self.function(name, Marked(python, (pointer, 0)))


def _written_function(name: str, body: Code, decorator: str = "") -> WrittenFunction:
    lines = function(name, body, decorator)
    modules = {"values"} if decorator else set[str]()
    for each in walk(body):
        text = each.opening if isinstance(each, Bracketed) else each.text if isinstance(each, Atom) else ""
        module = text.partition(".")[0]
        if module in MODULES:
            modules.add(module)
    marks = [(name, line, pointer, offset) for line, (pointer, offset) in sorted(lines.marks)]
    return WrittenFunction(name, "\n".join(lines.lines), marks, modules)


def step_name(step_id: str) -> str:
    """Return the name of a step in the module."""
    return f"STEP_{step_id.upper()}"


def bound_value(value: Json, pointer: str, raw_fields: frozenset[str] = frozenset()) -> Code:
    """Return the code of a value: strings with braces evaluated, all else literal.

    Args:
        raw_fields: keys of an object whose texts keep the tags of `{% raw %}`.
    """
    if isinstance(value, str):
        template = split_template(value)
        return literal(value) if template is None else template.python(pointer)
    if isinstance(value, dict):
        return mapping(
            [
                (key, literal(each) if key in raw_fields else bound_value(each, pointer + pointer_to([key])))
                for key, each in value.items()
            ]
        )
    if isinstance(value, list):
        return listing([bound_value(each, f"{pointer}/{index}") for index, each in enumerate(value)])
    return literal(value)


def write_step(
    node: StepNode,
    needs: list[str],
    after: list[str],
    inside: Callable[[Body], Code],
    early_fields: frozenset[str] = frozenset(),
    *,
    raw_fields: frozenset[str] = frozenset(),
    uses: tuple[str, ...] = (),
    programs: tuple[str, ...] = (),
    given: NamesInside = _NO_NAMES,
    memory: StepMemory | None = None,
) -> GeneratedPart:
    """Write a step; its marks point into the step (`/when`), at any place.

    Args:
        early_fields: input fields that its type reads before the run starts.
        inside: gives the tuple of the names of the steps of an inner list.
        raw_fields: texts of its input that keep the tags of `{% raw %}`.
        uses: connections of the workflow named in its input.
        programs: those that it starts.
        given: names that its iterations and handlers get.
        memory: of a step with the same text, whose input inherits nothing.
    """
    step, made = node.step, GeneratedPart(plans={"StepPlan"})
    fields: dict[str, Code] = {
        "id": literal(step.id),
        "type": literal(step.type),
        "name": literal(step.name or step.id),
    }
    if needs:
        fields["needs"] = tuple_of([literal(each) for each in needs])
    if after:
        fields["after"] = tuple_of([literal(each) for each in after])
    if step.join != _STANDARD.join:
        fields["join"] = literal(step.join)
    if step.disabled:
        fields["disabled"] = literal(True)
    if step.when is not None:
        fields["when"] = made.expression(f"when_of_{step.id}", step.when, "/when")
    if step.for_each is not None:
        fields["for_each"] = _for_each(made, node, remembers=given.items)
    if step.type not in CONTAINER_TYPES:
        name = f"input_of_{step.id}"
        known = memory.functions.get(name) if memory is not None else None
        if known is None:
            known = _written_function(name, bound_value(step.input, "/input", raw_fields))
            if memory is not None:
                memory.functions[name] = known
        fields["input"] = made.written(known)
        early = early_input(node, early_fields)
        if early is not None:
            fields["early"] = made.function(f"early_of_{step.id}", bound_value(early, "/input"))
    if step.connection is not None:
        fields["connection"] = literal(step.connection)
    if uses:
        fields["uses"] = tuple_of([literal(name) for name in uses])
    if programs:
        fields["programs"] = tuple_of([literal(name) for name in programs])
    if secrets := stored_secrets(node):
        fields["secrets"] = tuple_of([literal(name) for name in secrets])
    if step.output_schema is not None:
        fields["output_schema"] = literal(step.output_schema)
    fields |= _policies(made, node)
    fields |= _inside(made, node, inside, given)
    # The last line closes the call; the step's location in the file goes before it.
    made.definition = assignment(f"{step_name(step.id)} = ", record("StepPlan", fields))[:-1]
    return made


def _policies(made: GeneratedPart, node: StepNode) -> dict[str, Code]:
    """Return retry, timeout, error policy and pool."""
    step, fields = node.step, dict[str, Code]()
    if step.retry is not None:
        made.plans.add("RetryPlan")
        fields["retry"] = _retry(step.retry)
    policy: dict[str, Json] = {}
    if isinstance(step.timeout, str):
        policy["timeout"] = step.timeout
    elif step.timeout is not None:
        fields["timeout"] = literal(step.timeout)
    if step.retry is not None and step.retry.templates:
        policy["retry"] = step.retry.templates
    if policy:
        fields["policy"] = made.function(f"policy_of_{step.id}", bound_value(policy, ""))
    if isinstance(step.on_error, Fallback):
        fields["on_error"] = literal("fallback")
        fields["fallback"] = literal(step.on_error.fallback)
    elif step.on_error == "continue":
        fields["on_error"] = literal(step.on_error)
    if not step.idempotent:
        fields["idempotent"] = literal(False)
    if node.pool is not None:
        fields["pool"] = literal(node.pool)
    return fields


def _retry(retry: Retry) -> Code:
    standard = RetryPlan()
    named: list[Code] = []
    for name in ("max_attempts", "delay", "backoff", "max_delay", "jitter", "total_timeout"):
        value = getattr(retry, name)
        if value != getattr(standard, name) and not isinstance(value, str):
            named.append(Named(f"{name}=", literal(value)))
    if retry.on:
        named.append(Named("on=", tuple_of([literal(each) for each in retry.on])))
    return call("RetryPlan", *named)


def _is_template(name: str, value: Json) -> bool:
    return name in ("max_parallel", "max_items") and isinstance(value, str)


def _for_each(made: GeneratedPart, node: StepNode, *, remembers: bool) -> Code:
    loop = node.step.for_each
    assert loop is not None
    made.plans.add("ForEachPlan")
    if isinstance(loop.in_, str):
        items = made.expression(f"items_of_{node.id}", loop.in_, "/forEach/in")
    else:
        items = made.function(f"items_of_{node.id}", bound_value(matrix_value(loop.in_), "/forEach/in"))
    named: list[Code] = [Named("items=", items)]
    standard = ForEachPlan(items=lambda _scope: None)
    for name in ("as_", "max_parallel", "on_item_error", "max_items"):
        value = getattr(loop, name)
        if value != getattr(standard, name) and not _is_template(name, value):
            named.append(Named(f"{name}=", literal(value)))
    if not isinstance(loop.in_, str):
        named.append(Named("matrix=", literal(True)))
    given = {"maxParallel": loop.max_parallel, "maxItems": loop.max_items}
    limits: dict[str, Json] = {key: value for key, value in given.items() if isinstance(value, str)}
    if limits:
        named.append(Named("limits=", made.function(f"limits_of_{node.id}", bound_value(limits, "/forEach"))))
    if loop.when is not None:
        named.append(Named("when=", made.expression(f"item_when_of_{node.id}", loop.when, "/forEach/when")))
    if loop.stop_when is not None:
        named.append(Named("stop_when=", made.expression(f"stop_of_{node.id}", loop.stop_when, "/forEach/stopWhen")))
    if remembers:
        named.append(Named("remembers=", literal(True)))
    return call("ForEachPlan", *named)


def _inside(made: GeneratedPart, node: StepNode, inside: Callable[[Body], Code], given: NamesInside) -> dict[str, Code]:
    """Return the fields of a container: its cases, body and loop."""
    step, fields = node.step, dict[str, Code]()
    if step.type == "switch":
        made.plans.add("CasePlan")
        cases: list[Code] = []
        for number, body in enumerate(node.main_bodies, start=1):
            when: Code = literal(None)
            if body.when is not None:
                pointer = body.when_pointer.removeprefix(node.pointer)
                when = made.expression(f"case_{number}_of_{step.id}", body.when, pointer)
            cases.append(call("CasePlan", Named("when=", when), Named("steps=", inside(body))))
        fields["cases"] = tuple_of(cases)
    elif step.type == "race":
        made.plans.add("BranchPlan")
        fields["branches"] = tuple_of(
            [
                call("BranchPlan", Named("name=", literal(body.name)), Named("steps=", inside(body)))
                for body in node.main_bodies
            ]
        )
    elif node.main_bodies:
        fields["body"] = inside(node.main_bodies[0])
    if step.type == "loop" and step.max_iterations is not None:
        fields["loop"] = _loop(made, step, remembers=given.loop)
    if node.catches:
        fields["catch"] = _catch(made, node, inside, hidden=not given.error)
    return fields


def _catch(made: GeneratedPart, node: StepNode, inside: Callable[[Body], Code], *, hidden: bool) -> Code:
    made.plans.add("CatchPlan")
    clauses: list[Code] = []
    for number, body in enumerate(node.catches, start=1):
        named: list[Code] = []
        if body.on:
            named.append(Named("on=", tuple_of([literal(each) for each in body.on])))
        named.append(Named("steps=", inside(body)))
        if body.output is not None:
            pointer = f"/catch/{number - 1}/output"
            output = made.function(f"caught_{number}_of_{node.id}", bound_value(body.output[0], pointer))
            named.append(Named("output=", output))
        if hidden:
            named.append(Named("hidden=", literal(True)))
        clauses.append(call("CatchPlan", *named))
    return tuple_of(clauses)


def _loop(made: GeneratedPart, step: Step, *, remembers: bool) -> Code:
    made.plans.add("LoopPlan")
    named: list[Code] = []
    if step.until is not None:
        named.append(Named("until=", made.expression(f"until_of_{step.id}", step.until, "/until")))
    if step.while_ is not None:
        named.append(Named("while_=", made.expression(f"while_of_{step.id}", step.while_, "/while")))
    named.append(Named("max_iterations=", literal(step.max_iterations)))
    if step.on_limit != "fail":
        named.append(Named("on_limit=", literal(step.on_limit)))
    if isinstance(step.delay, LoopDelay):
        for name in ("delay", "backoff", "max_delay"):
            named.append(Named(f"{name}=", literal(getattr(step.delay, name))))
    elif step.delay is not None:
        named.append(Named("delay=", literal(step.delay)))
    if remembers:
        named.append(Named("remembers=", literal(True)))
    return call("LoopPlan", *named)
