"""A checked workflow as the text of workflow.py. Nothing of the JSON gets into it but as a literal."""

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from wftui import __version__
from wftui.compiler import code
from wftui.compiler.bindings import Binding
from wftui.compiler.checker import Checked
from wftui.compiler.code import Atom, Code, Group, Lines, Marked, Named, call, literal, record, tuple_of
from wftui.compiler.document import Document
from wftui.compiler.expressions.expression import compile_expression
from wftui.compiler.expressions.template import split_template
from wftui.compiler.graph import ordered
from wftui.compiler.secret_inputs import secret_pointers
from wftui.compiler.source_hash import source_hash
from wftui.compiler.tree import Body, StepNode, Tree
from wftui.model.base import Json
from wftui.model.pointers import pointer_to
from wftui.model.workflow import CONTAINER_TYPES, Defaults, Fallback, Retry, Step
from wftui.runtime.plan import ForEachPlan, RetryPlan, StepPlan, WorkflowPlan

if TYPE_CHECKING:
    from jinja2 import Template

COMPILER = f"wftui {__version__}"

_MODULES = (
    "filters_lists",
    "filters_numbers",
    "filters_text",
    "functions",
    "operators",
    "predicates",
    "values",
)
_SIMPLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_STEP_DEFAULTS = StepPlan(id="", type="", name="")


def transpile(checked: Checked, document: Document) -> str:
    """The module of a workflow without errors: the same bytes for the same file, always."""
    assert checked.tree is not None
    return _Transpiler(checked, checked.tree, document).module()


class _Transpiler:
    def __init__(self, checked: Checked, tree: Tree, document: Document) -> None:
        self.checked = checked
        self.tree = tree
        self.document = document
        self.blocks: list[str] = []
        self.spots: list[tuple[str, int, str, int, int]] = []
        self.modules: set[str] = set()
        self.plans: set[str] = {"WorkflowPlan"}

    def module(self) -> str:
        """The whole text."""
        workflow, tree = self.tree.workflow, self.tree
        steps = {"steps": self._body(tree.main), "finally_": self._body(tree.finally_)}
        outputs = self._outputs()
        plan = self._plan(steps, outputs)
        metadata = {
            "format": workflow.format,
            "id": workflow.id,
            "name": workflow.name or workflow.id,
            "version": workflow.version,
            "description": workflow.description or "",
            "labels": workflow.labels,
        }
        return _template().render(
            id=workflow.id,
            compiler=COMPILER,
            source_hash=source_hash(tree),
            imports=self._imports(),
            metadata="\n".join(code.assignment("METADATA: dict[str, Json] = ", literal(metadata))),
            input_schema="\n".join(code.assignment("INPUT_SCHEMA: dict[str, Json] = ", literal(workflow.input_schema))),
            blocks=self.blocks,
            plan="\n\n".join(["\n".join(lines) for lines in plan]),
        )

    # --- steps

    def _body(self, body: Body) -> Code:
        """Write the steps of a list; gives the tuple of their names."""
        nodes = ordered(body, self.checked.graph)
        for node in nodes:
            self._step(node)
        return tuple_of([Atom(_step_name(node.id)) for node in nodes])

    def _step(self, node: StepNode) -> None:
        step = node.step
        is_container = step.type in CONTAINER_TYPES
        line = self.document.place(node.pointer).line
        written: list[str] = []
        graph = self.checked.graph
        fields: dict[str, Code] = {
            "id": literal(step.id),
            "type": literal(step.type),
            "name": literal(step.name or step.id),
        }
        needs = graph.demands(node)
        if needs := [each for each in needs if each.body is node.body]:
            fields["needs"] = tuple_of([literal(each.id) for each in needs])
        if after := graph.comes_after(node):
            fields["after"] = tuple_of([literal(each.id) for each in after])
        if step.join != _STEP_DEFAULTS.join:
            fields["join"] = literal(step.join)
        if step.disabled:
            fields["disabled"] = literal(True)
        if step.when is not None:
            fields["when"] = self._expression(written, f"when_of_{step.id}", step.when, node.at("when"))
        if step.for_each is not None:
            fields["for_each"] = self._for_each(written, node)
        if not is_container:
            bound = self._value(step.input, node.at("input"))
            fields["input"] = self._function(written, f"input_of_{step.id}", bound)
        if step.connection is not None:
            fields["connection"] = literal(step.connection)
        if step.output_schema is not None:
            fields["output_schema"] = literal(step.output_schema)
        fields |= self._policies(step, self.tree.workflow.defaults if not is_container else Defaults())
        fields |= self._inside(written, node)
        fields["line"] = literal(line)
        fields["pointer"] = literal(node.pointer)
        self.plans.add("StepPlan")
        definition = code.assignment(f"{_step_name(step.id)} = ", record("StepPlan", fields))
        comment = f"# workflow.json:{line}: step {step.id} ({step.type})"
        self.blocks.append("\n\n\n".join([comment + "\n" + written[0], *written[1:]] if written else [comment]))
        if written:
            self.blocks.append("\n".join(definition))
        else:
            self.blocks[-1] += "\n" + "\n".join(definition)

    def _policies(self, step: Step, defaults: Defaults) -> dict[str, Code]:
        """Retry, timeout and what an error means; the workflow's defaults hold for steps that are no containers."""
        fields: dict[str, Code] = {}
        retry, on_error = step.retry or defaults.retry, step.on_error or defaults.on_error
        timeout = step.timeout if step.timeout is not None else defaults.timeout
        if retry is not None:
            fields["retry"] = self._retry(retry)
        if timeout is not None:
            fields["timeout"] = literal(timeout)
        if isinstance(on_error, Fallback):
            fields["on_error"] = literal("fallback")
            fields["fallback"] = literal(on_error.fallback)
        elif on_error == "continue":
            fields["on_error"] = literal(on_error)
        if not step.idempotent:
            fields["idempotent"] = literal(False)
        return fields

    def _retry(self, retry: Retry) -> Code:
        self.plans.add("RetryPlan")
        plan = RetryPlan(
            max_attempts=retry.max_attempts,
            delay=retry.delay,
            backoff=float(retry.backoff),
            max_delay=retry.max_delay,
            jitter=float(retry.jitter),
            on=tuple(retry.on or ()),
        )
        fields = {name: getattr(plan, name) for name in RetryPlan.__slots__}
        return call(
            "RetryPlan",
            *(
                Named(f"{name}=", tuple_of([literal(each) for each in value]) if name == "on" else literal(value))
                for name, value in fields.items()
                if value != getattr(RetryPlan(), name)
            ),
        )

    def _for_each(self, written: list[str], node: StepNode) -> Code:
        assert node.step.for_each is not None
        loop = node.step.for_each
        self.plans.add("ForEachPlan")
        items = self._expression(written, f"items_of_{node.id}", loop.in_, node.at("forEach", "in"))
        standard = ForEachPlan(items=lambda _scope: None)
        named: list[Code] = [Named("items=", items)]
        for name in ("as_", "max_parallel", "on_item_error", "max_items"):
            value = getattr(loop, name)
            if value != getattr(standard, name):
                named.append(Named(f"{name}=", literal(value)))
        return call("ForEachPlan", *named)

    def _inside(self, written: list[str], node: StepNode) -> dict[str, Code]:
        """The inner steps of a container, written before it."""
        step, fields = node.step, dict[str, Code]()
        if step.type == "switch":
            self.plans.add("CasePlan")
            cases: list[Code] = []
            for number, body in enumerate(node.bodies, start=1):
                when: Code = literal(None)
                if body.when is not None:
                    when = self._expression(written, f"case_{number}_of_{step.id}", body.when, body.when_pointer)
                cases.append(call("CasePlan", Named("when=", when), Named("steps=", self._body(body))))
            fields["cases"] = tuple_of(cases)
        elif node.bodies:
            fields["body"] = self._body(node.bodies[0])
        if step.type == "loop" and step.until is not None and step.max_iterations is not None:
            self.plans.add("LoopPlan")
            until = self._expression(written, f"until_of_{step.id}", step.until, node.at("until"))
            named = [Named("until=", until), Named("max_iterations=", literal(step.max_iterations))]
            if step.delay is not None:
                named.append(Named("delay=", literal(step.delay)))
            fields["loop"] = call("LoopPlan", *named)
        return fields

    # --- the workflow

    def _outputs(self) -> Code:
        by_output: dict[str, list[Binding]] = {}
        for binding in self.checked.bindings.get(None, []):
            by_output.setdefault(binding.pointer.split("/")[2], []).append(binding)
        named: list[tuple[str, Code]] = []
        written: list[str] = []
        for number, (name, value) in enumerate(self.tree.workflow.outputs.items(), start=1):
            pointer = pointer_to(["outputs", name])
            function = f"output_{name}" if _SIMPLE_NAME.fullmatch(name) else f"output_{number}"
            bindings = by_output.get(pointer.split("/")[2], [])
            reads_steps = any(
                reference.root == "steps"
                for binding in bindings
                for expression, _offset in binding.expressions
                for reference in expression.references
            )
            decorator = "@values.null_when_skipped" if reads_steps else ""
            if reads_steps:
                self.modules.add("values")
            named.append((name, self._function(written, function, self._value(value, pointer), decorator)))
        if written:
            line = self.document.place("/outputs", "key").line
            self.blocks.append(f"# workflow.json:{line}: outputs\n" + "\n\n\n".join(written))
        return code.mapping(named)

    def _plan(self, steps: dict[str, Code], outputs: Code) -> list[list[str]]:
        workflow = self.tree.workflow
        standard = WorkflowPlan(id="", name="", version="", source_hash="", compiler="")
        fields: dict[str, Code] = {
            "id": literal(workflow.id),
            "name": literal(workflow.name or workflow.id),
            "version": literal(workflow.version),
            "description": literal(workflow.description or ""),
            "source_hash": literal(source_hash(self.tree)),
            "compiler": literal(COMPILER),
            "input_schema": Atom("INPUT_SCHEMA"),
        }
        if workflow.env:
            fields["env"] = tuple_of([literal(name) for name in workflow.env])
        if workflow.connections:
            needs = {name: need.model_dump(exclude_none=True) for name, need in workflow.connections.items()}
            fields["connections"] = literal(needs)
        if secret := secret_pointers(workflow.input_schema):
            fields["secret_inputs"] = tuple_of([literal(pointer) for pointer in secret])
        for name in ("timeout", "max_parallel", "fail_fast"):
            value = getattr(workflow, name)
            if value != getattr(standard, name):
                fields[name] = literal(value)
        for name, names in steps.items():
            if isinstance(names, Group) and names.items:
                fields[name] = names
        if isinstance(outputs, Group) and outputs.items:
            fields["outputs"] = outputs
        made = []
        if self.spots:
            self.plans.add("SourceSpot")
            fields["spots"] = Atom("SPOTS")
            made.append(code.assignment("SPOTS = ", self._spots()))
        made.append(code.assignment("WORKFLOW = ", record("WorkflowPlan", fields)))
        return made

    def _spots(self) -> Code:
        entries: list[Code] = []
        for function, line, pointer, source_line, column in self.spots:
            key = tuple_of([literal(function), literal(line)])
            spot = call(
                "SourceSpot",
                Named("pointer=", literal(pointer)),
                Named("line=", literal(source_line)),
                Named("column=", literal(column)),
            )
            entries.append(Named(f"{key.flat}: ", spot))
        return Group("{", tuple(entries), "}", broken=True)

    def _imports(self) -> list[str]:
        lines: list[str] = []
        if self.modules:
            lines += _import("wftui.runtime", sorted(self.modules))
        lines += _import("wftui.runtime.plan", sorted(self.plans))
        if any("(scope: Scope)" in block or "\n    scope: Scope,\n" in block for block in self.blocks):
            lines += _import("wftui.runtime.scope", ["Scope"])
        return lines

    # --- expressions

    def _value(self, value: Json, pointer: str) -> Code:
        """The code that binds a value: strings with braces are evaluated, all else is literal."""
        if isinstance(value, str):
            template = split_template(value)
            return literal(value) if template is None else template.python(pointer)
        if isinstance(value, dict):
            return code.mapping([(key, self._value(each, pointer + pointer_to([key]))) for key, each in value.items()])
        if isinstance(value, list):
            return code.listing([self._value(each, f"{pointer}/{index}") for index, each in enumerate(value)])
        return literal(value)

    def _expression(self, written: list[str], name: str, text: str, pointer: str) -> Code:
        python = compile_expression(text).python
        assert python is not None
        return self._function(written, name, Marked(python, (pointer, 0)))

    def _function(self, written: list[str], name: str, body: Code, decorator: str = "") -> Code:
        """Write a function of the scope; gives its name."""
        lines = code.function(name, body, decorator)
        written.append("\n".join(lines.lines))
        self._note(name, lines)
        self._find_modules(body)
        return Atom(name)

    def _note(self, name: str, lines: Lines) -> None:
        for line, (pointer, offset) in sorted(lines.marks):
            place = self.document.place(pointer, offset=offset)
            self.spots.append((name, line, pointer, place.line, place.column))

    def _find_modules(self, body: Code) -> None:
        for each in code.walk(body):
            text = each.opening if isinstance(each, Group) else each.text if isinstance(each, Atom) else ""
            module = text.partition(".")[0]
            if module in _MODULES:
                self.modules.add(module)


def _step_name(step_id: str) -> str:
    return f"STEP_{step_id.upper()}"


def _import(module: str, names: list[str]) -> list[str]:
    flat = f"from {module} import {', '.join(names)}"
    if len(flat) <= code.WIDTH:
        return [flat]
    return [f"from {module} import (", *(f"{code.INDENT}{name}," for name in names), ")"]


@functools.cache
def _template() -> "Template":
    from jinja2 import Environment

    environment = Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.from_string(Path(__file__).with_name("workflow.py.j2").read_text(encoding="utf-8"))
