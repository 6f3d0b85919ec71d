"""Generate workflow.py from a checked workflow; JSON only enters it as literals."""

import functools
import re
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.compiler.checks.checked import Checked
from wftui.compiler.codegen.layout import INDENT, WIDTH, assignment
from wftui.compiler.codegen.step_code import GeneratedPart, StepMemory, bound_value, step_name, write_step
from wftui.compiler.codegen.written_steps import Spot, StepTemplate, WrittenStep, WrittenSteps
from wftui.compiler.python_code import Atom, Code, literal, mapping, record, tuple_of
from wftui.compiler.source.document import Document, Part
from wftui.compiler.text_caches import text_cache
from wftui.compiler.tree.bindings import NamesInside, names_inside
from wftui.compiler.tree.nodes import Body, StepNode
from wftui.model.data_class import dataclass
from wftui.model.json.pointers import pointer_to
from wftui.model.schema.computed_defaults import computed_defaults, with_computed_apart
from wftui.model.schema.secret_schema import secret_pointers
from wftui.model.workflow.definition import Workflow
from wftui.runtime.plan import WorkflowPlan
from wftui.workspace.generated import DIGEST, with_digest

if TYPE_CHECKING:
    from jinja2 import Template

OUTPUT_REVISION = 2
"""Revision of the generated Python: goes up with the first change after a release that makes other bytes.

Generated files name it in place of a version, so that an upgrade which generates the same makes nothing stale.
"""

COMPILER = f"wftui output {OUTPUT_REVISION}"

_SIMPLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_REMEMBERED_STEPS = 20_000

Names = tuple[str, ...]
StepKey = tuple[str, Names, Names, str, Names, frozenset[str], frozenset[str], Names, Names, NamesInside, str | None]


@dataclass(slots=True)
class StepCache:
    """Cache of generated steps: an edit changes one step, all others are reused.

    A step's marks are kept as offsets from where it begins, so that it may move in the file.
    """

    steps: dict[StepKey, tuple[GeneratedPart, list[tuple[str, int, str, int]]]] = field(default_factory=dict)

    def keep(self, key: StepKey, step: tuple[GeneratedPart, list[tuple[str, int, str, int]]]) -> None:
        """Remember a step; clear the cache when it is full."""
        if len(self.steps) >= _REMEMBERED_STEPS:
            self.steps.clear()
        self.steps[key] = step


def transpile(
    checked: Checked,
    document: Document,
    source_hash: str,
    cache: StepCache | None = None,
    written: WrittenSteps | None = None,
) -> str:
    """Return the module of a workflow without errors, deterministically.

    Args:
        cache: of generated steps; absent: nothing is remembered.
        written: the module of the time before, from which unchanged steps are taken, and that becomes this one; absent:
            nothing is remembered.
    """
    return _Transpiler(checked, document, source_hash, cache, written).module()


class _Transpiler:
    def __init__(
        self,
        checked: Checked,
        document: Document,
        source_hash: str,
        cache: StepCache | None,
        written: WrittenSteps | None,
    ) -> None:
        assert checked.tree is not None
        self.written = written
        self.source_hash = source_hash
        self.new_steps: dict[StepNode, WrittenStep] = {}
        self.tree = checked.tree
        self.graph = checked.graph
        self.bindings = checked.bindings
        self.types = checked.types
        self.uses = checked.uses
        self.needs = checked.needs
        self.document = document
        self.cache = cache
        self.defaults = self.tree.workflow.defaults.model_dump_json()
        start, end = document.span("/defaults")
        self.defaults_place = document.text[start:end], document.line_column(start)
        self.inherits = False
        self.blocks: list[str] = []
        self.spots: list[str] = []
        self.template: StepTemplate | None = None
        self.modules: set[str] = set()
        self.plans: set[str] = {"WorkflowPlan"}

    def module(self) -> str:
        """Return the whole module."""
        workflow = self.tree.workflow
        main, last = self._body(self.tree.main), self._body(self.tree.finally_)
        variables, outputs = self._variables(), self._outputs()
        hashed = self.source_hash
        if self.written is not None:
            self.written.steps = self.new_steps
        schema = with_computed_apart(workflow.input_schema)
        plan = self._plan(workflow, main, last, variables, outputs, hashed)
        metadata = {
            "format": workflow.format,
            "id": workflow.id,
            "name": workflow.name or workflow.id,
            "version": workflow.version,
            "description": workflow.description or "",
            "labels": workflow.labels,
        }
        blocks, spots = "\n\n\n".join(self.blocks), "\n".join(self.spots)
        self.blocks, self.spots = [], []  # the module is longer than all else that is made here
        text = _template().render(
            id=workflow.id,
            compiler=COMPILER,
            digest=DIGEST,
            source_hash=hashed,
            imports=self._imports(),
            metadata="\n".join(assignment("METADATA: dict[str, Json] = ", literal(metadata))),
            input_schema="\n".join(assignment("INPUT_SCHEMA: dict[str, Json] = ", literal(schema))),
            blocks=blocks,
            spots=spots,
            plan=plan,
        )
        return with_digest(text)

    # --- steps

    def _body(self, body: Body) -> list[str]:
        """Write the steps of a list; return their ids in topological order."""
        nodes = self.graph.order(body)
        for node in nodes:
            self._write_step(node)
        return [node.id for node in nodes]

    def _write_step(self, node: StepNode) -> None:
        """Write a step, or reuse its code of the previous time."""
        if self.written is None:
            self._step(node)
            return
        pointer = node.pointer
        line, column = self.document.start_of(node.body.pointer, node.index)
        known = self.written.steps.get(node)
        if known is not None and (known.column != column or known.defaults not in (None, self.defaults_place)):
            known = None
        elif known is not None and (known.line != line or known.pointer != pointer):
            known = known.at(line, pointer)
        if known is None:
            outer = self.blocks, self.spots, self.modules, self.plans, self.inherits
            self.blocks, self.spots, self.modules, self.plans, self.inherits = [], [], set(), set(), False
            self._step(node)
            block, spots = "\n\n\n".join(self.blocks), "\n".join(self.spots)
            defaults = self.defaults_place if self.inherits else None
            template = None if node.bodies else self.template
            modules, plans = frozenset(self.modules), frozenset(self.plans)
            known = WrittenStep(line, column, pointer, defaults, block, spots, modules, plans, template)
            self.blocks, self.spots, self.modules, self.plans, self.inherits = outer
        self.inherits = self.inherits or known.defaults is not None
        self.new_steps[node] = known
        self.blocks.append(known.block)
        if known.spots:
            self.spots.append(known.spots)
        self.modules |= known.modules
        self.plans |= known.plans

    def _step(self, node: StepNode) -> None:
        inner = {id(body): self._body(body) for body in node.bodies}
        start, end = self.document.span(node.pointer)
        needs = tuple(each.id for each in self.graph.demands(node) if each.body is node.body)
        after = tuple(each.id for each in self.graph.comes_after(node))
        within = tuple(step_id for ids in inner.values() for step_id in ids)
        step_type = self.types.get(node)
        early = step_type.early_fields if step_type is not None else frozenset[str]()
        raw_fields = step_type.raw_fields if step_type is not None else frozenset[str]()
        uses = self.uses.get(node, ())
        programs = self.needs[node].programs if node in self.needs else ()
        given = names_inside(node, self.bindings)
        key = (
            self.document.text[start:end],
            needs,
            after,
            self.defaults,
            within,
            early,
            raw_fields,
            uses,
            programs,
            given,
            node.pool,
        )
        known = self.cache.steps.get(key) if self.cache is not None else None
        if known is None:
            memory = self.written.memory_of(node.raw) if self.written is not None else None
            made = write_step(
                node,
                list(needs),
                list(after),
                lambda body: _names(inner[id(body)]),
                early,
                raw_fields=raw_fields,
                uses=uses,
                programs=programs,
                given=given,
                memory=None if node.inherits_input else memory,
            )
            known = made, self._relative(made, node.pointer, start, node, memory)
            # What comes from `defaults` moves apart from the step.
            if any(node.inherits(node.pointer + pointer) for _, _, pointer, _ in made.marks):
                self.inherits = True
            elif self.cache is not None:
                self.cache.keep(key, known)
        made, marks = known
        line = self.document.line_column(start)[0]
        texts = "\n\n\n".join([*made.functions, "\n".join(made.definition)])
        inside = f"step {node.id} ({node.step.type})\n{texts}"
        self.blocks.append(StepTemplate(inside, ()).block(line, node.pointer))
        written = node.written_at
        marks = [(name, at, written(node.pointer + pointer), start + offset) for name, at, pointer, offset in marks]
        spots = self._note(made, marks)
        if self.written is not None:
            self.template = StepTemplate.of(inside, spots, line, node.pointer)

    def _relative(
        self,
        made: GeneratedPart,
        base: str,
        start: int,
        node: StepNode | None = None,
        memory: StepMemory | None = None,
    ) -> list[tuple[str, int, str, int]]:
        """Return marks with offsets relative to `start` instead of to their string."""
        written: Callable[[str], str] = node.written_at if node is not None else str
        offsets = memory.offsets if memory is not None else {}
        found = []
        for name, line, pointer, offset in made.marks:
            at = base + pointer
            place = written(at)
            relative = offsets.get((pointer, offset)) if place == at else None
            if relative is None:
                relative = self.document.offset_of(place, offset) - start
                if place == at:
                    offsets[pointer, offset] = relative
            found.append((name, line, pointer, relative))
        return found

    def _note(self, made: GeneratedPart, marks: list[tuple[str, int, str, int]]) -> list[Spot]:
        """Collect imports and source positions of a generated part; return the latter."""
        self.modules |= made.modules
        self.plans |= made.plans
        spots = [Spot(name, at, pointer, *self.document.line_column(offset)) for name, at, pointer, offset in marks]
        for spot in spots:
            self.spots += spot.lines
        return spots

    # --- the workflow

    def _outputs(self) -> Code:
        reading = {
            binding.pointer.split("/")[2]
            for binding in self.bindings.get(None, [])
            for expression, _offset in binding.expressions
            for reference in expression.references
            if reference.root == "steps"
        }
        made, named = GeneratedPart(), list[tuple[str, Code]]()
        for number, (name, value) in enumerate(self.tree.workflow.outputs.items(), start=1):
            pointer = pointer_to(["outputs", name])
            function = f"output_{name}" if _SIMPLE_NAME.fullmatch(name) else f"output_{number}"
            decorator = "@values.null_when_skipped" if pointer.split("/")[2] in reading else ""
            named.append((name, made.function(function, bound_value(value, pointer), decorator)))
        self._write("outputs", made, "/outputs", "key")
        return mapping(named)

    def _write(self, title: str, made: GeneratedPart, pointer: str, part: Part) -> None:
        """Write the functions of a part of the workflow below a comment with its line."""
        if made.functions:
            line = self.document.place(pointer, part).line
            first, *others = made.functions
            self.blocks += [f"# workflow.json:{line}: {title}\n{first}", *others]
        self._note(made, self._relative(made, "", 0))

    def _variables(self) -> Code:
        made, named = GeneratedPart(), list[tuple[str, Code]]()
        for name, value in self.tree.workflow.vars.items():
            named.append((name, made.function(f"var_{name}", bound_value(value, pointer_to(["vars", name])))))
        self._write("vars", made, "/vars", "key")
        return mapping(named)

    def _input_defaults(self) -> list[tuple[str, Code]]:
        made, named = GeneratedPart(), list[tuple[str, Code]]()
        for number, (name, text) in enumerate(computed_defaults(self.tree.workflow.input_schema).items(), 1):
            pointer = pointer_to(["inputSchema", "properties", name, "default"])
            function = f"default_{name}" if _SIMPLE_NAME.fullmatch(name) else f"default_{number}"
            named.append((name, made.function(function, bound_value(text, pointer))))
        self._write("defaults of inputs", made, "/inputSchema", "key")
        return named

    def _concurrency(self) -> Code | None:
        limit = self.tree.workflow.concurrency
        if limit is None:
            return None
        self.plans.add("ConcurrencyPlan")
        made = GeneratedPart()
        group = made.function("concurrency_group", bound_value(limit.group, "/concurrency/group"))
        self._write("concurrency", made, "/concurrency/group", "value")
        fields = {"group": group}
        if limit.on_busy != "queue":
            fields["on_busy"] = literal(limit.on_busy)
        return record("ConcurrencyPlan", fields)

    def _plan(
        self, workflow: Workflow, main: list[str], last: list[str], variables: Code, outputs: Code, hashed: str
    ) -> str:
        standard = WorkflowPlan(id="", name="", version="", source_hash="", compiler="")
        fields: dict[str, Code] = {
            "id": literal(workflow.id),
            "name": literal(workflow.name or workflow.id),
            "version": literal(workflow.version),
            "description": literal(workflow.description or ""),
            "source_hash": literal(hashed),
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
        if main:
            fields["steps"] = _names(main)
        if defaults := self._input_defaults():
            fields["input_defaults"] = mapping(defaults)
        if (limit := self._concurrency()) is not None:
            fields["concurrency"] = limit
        if workflow.vars:
            fields["vars"] = variables
        if workflow.outputs:
            fields["outputs"] = outputs
        if last:
            fields["finally_"] = _names(last)
        if self.spots:
            self.plans.add("SourceSpot")
            fields["spots"] = Atom("SPOTS")
        return "\n".join(assignment("WORKFLOW = ", record("WorkflowPlan", fields)))

    def _imports(self) -> list[str]:
        lines = _import("wftui.runtime", sorted(self.modules)) if self.modules else []
        lines += _import("wftui.runtime.plan", sorted(self.plans))
        workflow = self.tree.workflow
        computed = workflow.outputs or workflow.vars or computed_defaults(workflow.input_schema)
        if self.plans & {"StepPlan", "ConcurrencyPlan"} or computed:
            lines += _import("wftui.runtime.scope", ["Scope"])
        return lines


def _names(step_ids: list[str]) -> Code:
    return tuple_of([_name(step_id) for step_id in step_ids])


@text_cache(_REMEMBERED_STEPS)
def _name(step_id: str) -> Atom:
    return Atom(step_name(step_id))


def _import(module: str, names: list[str]) -> list[str]:
    flat = f"from {module} import {', '.join(names)}"
    if len(flat) <= WIDTH:
        return [flat]
    return [f"from {module} import (", *(f"{INDENT}{name}," for name in names), ")"]


@functools.cache
def _template() -> "Template":
    from jinja2 import Environment

    environment = Environment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)
    return environment.from_string(Path(__file__).with_name("workflow.py.j2").read_text(encoding="utf-8"))
