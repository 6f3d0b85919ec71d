"""Check the values of expressions: unknown keys, conditions, wrong types."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import nodes

from wftui.compiler.checks.values import shapes
from wftui.compiler.checks.values.inference import compatible, in_words, is_given, optional_inputs, shape_of
from wftui.compiler.checks.values.shapes import UNKNOWN, NoMember, Shape, of_types, types_at
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.expressions.expression import Expression
from wftui.compiler.expressions.reference import Reference
from wftui.compiler.tree.bindings import Binding
from wftui.compiler.tree.edits import as_filter, edit, key_place, with_default
from wftui.compiler.tree.literal_values import input_schema_of
from wftui.compiler.tree.nodes import Body, StepNode
from wftui.compiler.tree.scopes import Scopes
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_parts, pointer_to
from wftui.model.text.suggestions import did_you_mean, mistyped, suggestion
from wftui.model.workflow.compilation import Fix
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.model.workflow.definition import Fallback
from wftui.steps.api.step_type import SiteFacts, StepType

_RUN = {
    "id": ("string",),
    "startedAt": ("string",),
    "attempt": ("integer",),
    "workflowId": ("string",),
    "status": ("string",),
    "error": ("object", "null"),
}
_STEP_PARTS = {"status": ("string",), "attempts": ("integer",), "error": ("object", "null")}
_CONVERSIONS = {"string": "string", "integer": "int", "number": "float"}
_DEEPEST = 40  # each level takes nine nested calls, of which Python allows a thousand
_TRUTH = {
    "array": " | length > 0",
    "string": " != ''",
    "object": " | length > 0",
    "integer": " != 0",
    "number": " != 0",
}

ChildOutputs = Callable[[str], Shape]
"""The shape of the outputs of another workflow, by its id."""

_CONDITIONS = frozenset({"when", "until", "while", "case", "item_when", "stop_when"})
_WITH_ITEM = frozenset({"input", "policy", "case", "item_when", "stop_when", "while"})
"""Uses of bindings that see the item of the step's own forEach."""


class ValueChecker:
    """Checker of bindings against the shapes of a workflow's values."""

    def __init__(
        self,
        scopes: Scopes,
        types: Mapping[StepNode, StepType[Any] | None],
        bindings: Mapping[StepNode | None, list[Binding]],
        child_outputs: ChildOutputs,
        facts: Mapping[StepNode, SiteFacts],
    ) -> None:
        self.scopes = scopes
        self.types = types
        self.child_outputs = child_outputs
        self.facts = facts
        self.inputs = shapes.of_schema(scopes.tree.workflow.input_schema)
        self.optional = optional_inputs(scopes.tree.workflow.input_schema)
        self.found: list[Diagnostic] = []
        self._input_paths: set[tuple[str | int, ...]] = set()
        self._bindings = {(binding.node, binding.at): binding for each in bindings.values() for binding in each}
        self._outputs: dict[StepNode, Shape] = {}
        self._values: dict[Binding, Shape] = {}
        self._depth = 0

    def carry_over(
        self,
        scopes: Scopes,
        gone: Iterable[tuple[StepNode, Iterable[Binding]]],
        stale: Iterable[tuple[StepNode | None, Iterable[Binding]]],
    ) -> None:
        """Drop the shapes of removed steps, and those that may have changed.

        Args:
            scopes: of the workflow as it is now; types, bindings and facts are looked up where they were.
        """
        if scopes.tree.workflow.input_schema is not self.scopes.tree.workflow.input_schema:
            self.inputs = shapes.of_schema(scopes.tree.workflow.input_schema)
            self.optional = optional_inputs(scopes.tree.workflow.input_schema)
            self._input_paths = set()
        self.scopes = scopes
        for node, bindings in gone:
            self._outputs.pop(node, None)
            for binding in bindings:
                self._forget((binding.node, binding.at))
        for each, bindings in stale:
            if each is not None:
                self._outputs.pop(each, None)
            for binding in bindings:
                self._forget((binding.node, binding.at))
                self._bindings[binding.node, binding.at] = binding

    def forget(self) -> None:
        """Forget all shapes, some of which refer back to the checker."""
        self._outputs, self._values, self._bindings = {}, {}, {}

    def _forget(self, place: tuple[StepNode | None, str]) -> None:
        binding = self._bindings.pop(place, None)
        if binding is not None:
            self._values.pop(binding, None)

    def take(self) -> list[Diagnostic]:
        """Return what was found since the last call."""
        found, self.found = self.found, []
        return found

    def check(self, binding: Binding) -> None:
        """Check one binding."""
        for expression, offset in binding.expressions:
            if expression.tree is None or expression.diagnostics:
                return
            for reference in expression.references:
                self._members(binding, expression, reference, offset)
        if binding.use in _CONDITIONS:
            self._condition(binding)
        elif binding.use == "items":
            self._items(binding)
        elif binding.use == "input":
            self._field(binding)

    # --- shapes

    def value_of(self, binding: Binding) -> Shape:
        """Return the shape of a bound value; unknown beyond the deepest nesting."""
        known = self._values.get(binding)
        if known is None:
            if self._depth == _DEEPEST:
                return UNKNOWN
            self._depth += 1
            try:
                known = self._values[binding] = self._value(binding)
            finally:
                self._depth -= 1
        return known

    def _value(self, binding: Binding) -> Shape:
        if binding.template is not None and not binding.template.keeps_type:
            return of_types("string")
        expression, _offset = binding.expressions[0]
        return self._shape(expression.tree, binding) if expression.tree is not None else UNKNOWN

    def output_of(self, node: StepNode) -> Shape:
        """Return the shape of a step's output."""
        known = self._outputs.get(node)
        if known is None:
            self._outputs[node] = UNKNOWN  # a cycle ends here
            known = self._outputs[node] = self._output(node)
        return known

    def _output(self, node: StepNode) -> Shape:
        step, step_type = node.step, self.types.get(node)
        if isinstance(step.output_schema, dict):
            shape = shapes.of_schema(step.output_schema)
        elif step.type in CONTAINER_TYPES:
            shape = self._container(node)
        elif step_type is None:
            shape = UNKNOWN
        elif step_type.gives_input:
            shape = self._bound(node, step.input, "/input")
        elif step.type == "workflow":
            shape = self._sub_workflow(step.input)
        elif (facts := self.facts.get(node)) is not None and facts.output_schema is not None:
            shape = shapes.of_schema(dict(facts.output_schema))
        else:
            shape = _output_shape(step_type)
        for body in node.catches:
            shape = shapes.union([shape, self._caught(node, body)])
        on_error = step.on_error or self.scopes.tree.workflow.defaults.on_error
        if step.for_each is not None:
            each = step.for_each
            if each.on_item_error == "continue" or each.when is not None or each.stop_when is not None:
                shape = shapes.union([shape, of_types("null")])
            shape = shapes.of_items(shape)
        if isinstance(on_error, Fallback):
            shape = shapes.union([shape, shapes.of_literal(on_error.fallback)])
        elif on_error == "continue":
            shape = shapes.union([shape, of_types("null")])
        return shape

    def _sub_workflow(self, step_input: Mapping[str, Json]) -> Shape:
        child, wait = step_input.get("workflow"), step_input.get("wait", True)
        if wait is False:
            return shapes.of_members({"executionId": lambda: of_types("string")})
        known = wait is True and isinstance(child, str) and "{{" not in child
        return self.child_outputs(child) if known and isinstance(child, str) else UNKNOWN

    def _container(self, node: StepNode) -> Shape:
        """Return the shape of a container's output; null if its last step was skipped."""
        lasts = [self._last(body) for body in node.bodies if body.kind != "catch"]
        shape = shapes.union([*lasts, of_types("null")])
        if node.step.type != "race":
            return shape
        return shapes.of_members({"branch": lambda: of_types("string"), "output": lambda: shape})

    def _caught(self, node: StepNode, body: Body) -> Shape:
        """Return the shape of the output that a catch gives."""
        if body.output is not None:
            clause = body.pointer.removeprefix(node.pointer).removesuffix("/steps")
            return self._bound(node, body.output[0], f"{clause}/output")
        return self._last(body)

    def _last(self, body: Body) -> Shape:
        return self.output_of(body.steps[-1]) if body.steps else of_types("null")

    def _bound(self, node: StepNode, value: Json, pointer: str) -> Shape:
        """Return the shape of a value in a step; the pointer begins at the step."""
        if isinstance(value, str):
            binding = self._bindings.get((node, pointer))
            return of_types("string") if binding is None else self.value_of(binding)
        if isinstance(value, dict):
            return shapes.of_members(
                {
                    key: functools.partial(self._bound, node, entry, pointer + pointer_to([key]))
                    for key, entry in value.items()
                }
            )
        if isinstance(value, list):
            items = [self._bound(node, entry, f"{pointer}/{index}") for index, entry in enumerate(value)]
            return shapes.of_items(shapes.union(items) if items else UNKNOWN)
        return shapes.of_literal(value)

    def _shape(self, tree: nodes.Expr, binding: Binding) -> Shape:
        return shape_of(tree, lambda name, keys: self._name(name, keys, binding))

    def _name(self, name: str, keys: tuple[str | int, ...], binding: Binding) -> tuple[Shape, int]:
        if name == "inputs":
            return self.inputs, 0
        if name == "env":
            return (of_types("string"), 1) if keys else (of_types("object"), 0)
        if name == "run":
            return (of_types(*_RUN[str(keys[0])]), 1) if keys and keys[0] in _RUN else (UNKNOWN, len(keys))
        if name == "steps":
            node = self.scopes.visible(binding.body, str(keys[0])) if len(keys) >= 2 else None
            if node is None or node is binding.node:
                return UNKNOWN, len(keys)
            if keys[1] == "output":
                return self.output_of(node), 2
            return (of_types(*_STEP_PARTS[str(keys[1])]), 2) if keys[1] in _STEP_PARTS else (UNKNOWN, len(keys))
        if name == "index":
            return of_types("integer"), 0
        return self._loop_variable(name, binding), 0

    def _loop_variable(self, name: str, binding: Binding) -> Shape:
        node = binding.node
        own = node if node is not None and binding.use in _WITH_ITEM else None
        body: Body | None = binding.body
        owner = own if own is not None else body.owner if body is not None else None
        while owner is not None:
            loop = owner.step.for_each
            if loop is not None and loop.as_ == name:
                items = self._bindings.get((owner, "/forEach/in"))
                return shapes.item_of(self.value_of(items)) if items is not None else UNKNOWN
            owner = owner.body.owner
        return UNKNOWN

    # --- checks

    def _members(self, binding: Binding, expression: Expression, reference: Reference, offset: int) -> None:
        if reference.root == "inputs" and reference.path:
            self._optional(binding, reference, offset)
            if reference.path in self._input_paths:
                return
        name = str(reference.path[0]) if reference.root == "local" else reference.root
        keys = reference.path[1:] if reference.root == "local" else reference.path
        skipped = len(reference.path) - len(keys)
        shape, taken = self._name(name, keys, binding)
        for index in range(taken, len(keys)):
            inner = shapes.member(shape, keys[index])
            if isinstance(inner, NoMember):
                if not (reference.root == "inputs" and index == 0) and not reference.soft:
                    self._no_member(binding, expression, reference, offset, index + skipped, inner)
                return
            shape = inner
        if reference.root == "inputs":
            self._input_paths.add(reference.path)

    def _no_member(
        self, binding: Binding, expression: Expression, reference: Reference, offset: int, index: int, found: NoMember
    ) -> None:
        place, length = key_place(expression.text, reference, index)
        key = reference.path[index]
        before = Reference(reference.root, reference.path[:index], 0, 0).text
        fixes: tuple[Fix, ...] = ()
        if found.types:
            message = f"{before} is {in_words(found.types)}, so it has no {key!r}"
            fixes = as_filter(binding, expression.text, reference, index, offset)
            message += f"; write {before}{fixes[0].title.removeprefix('change it to')}" if fixes else ""
        else:
            guess = mistyped(str(key), found.known)
            hint = did_you_mean(
                guess or suggestion(str(key), found.known), f"; it has {', '.join(found.known)}" if found.known else ""
            )
            message = f"{before} has no key {key!r}{hint}"
            fixes = (edit(binding, offset + place, length, guess),) if guess else ()
        self.found.append(
            binding.diagnostic("reference.property", message, offset=offset + place, length=length, fixes=fixes)
        )

    def _optional(self, binding: Binding, reference: Reference, offset: int) -> None:
        """Warn of an input that may be absent, read without a default."""
        name = reference.path[0]
        if str(name) not in self.optional or reference.soft or reference.guarded or is_given(binding, name):
            return
        message = f"inputs.{name} may be missing: it is not required and has no default"
        place = offset + reference.offset
        fix = with_default(binding, reference, offset)
        self.found.append(
            binding.diagnostic(
                "reference.optional_input", message, "warning", offset=place, length=reference.length, fixes=(fix,)
            )
        )

    def _condition(self, binding: Binding) -> None:
        types = self.value_of(binding).types
        if types is None or "boolean" in types:
            return
        fixes: tuple[Fix, ...] = ()
        kinds = types - {"null"}
        if len(kinds) == 1 and (suffix := _TRUTH.get(next(iter(kinds)))):
            text = binding.text.strip()
            simple = text.replace(".", "").replace("_", "").isalnum()
            fixes = (edit(binding, 0, len(binding.text), (text if simple else f"({text})") + suffix),)
        message = f"{binding.field} must be true or false, but this is {in_words(types)}"
        self.found.append(
            binding.diagnostic("condition.type", message, offset=0, length=len(binding.text), fixes=fixes)
        )

    def _items(self, binding: Binding) -> None:
        types = self.value_of(binding).types
        if types is None or "array" in types:
            return
        meant = {"object": " | items", "string": " | split"}
        fixes = tuple(
            edit(binding, len(binding.text), 0, suffix, f"add {suffix.strip()}")
            for kind, suffix in meant.items()
            if kind in types
        )
        message = f"forEach.in must be a list, but this is {in_words(types)}"
        self.found.append(
            binding.diagnostic("foreach.type", message, offset=0, length=len(binding.text), fixes=fixes[:1])
        )

    def _field(self, binding: Binding) -> None:
        """Check that the value bound to an input field can have the field's type."""
        node = binding.node
        step_type = self.types.get(node) if node is not None else None
        if node is None or step_type is None:
            return
        pointer = binding.at.removeprefix("/input")
        wanted = self._locked_types(node, pointer) or _field_types(step_type, pointer)
        given = self.value_of(binding).types if wanted is not None else None
        if wanted is None or given is None or compatible(given, wanted):
            return
        fixes: tuple[Fix, ...] = ()
        conversion = next((_CONVERSIONS[kind] for kind in ("integer", "number", "string") if kind in wanted), None)
        if conversion and binding.template is not None and binding.template.keeps_type and "object" not in given:
            part = binding.template.embedded[0]
            text = part.expression.text
            wrapped = (
                text if isinstance(part.expression.tree, nodes.Getattr | nodes.Name | nodes.Filter) else f"({text})"
            )
            new = f"{wrapped} | {conversion}"
            fixes = (edit(binding, part.offset, len(text), new, f"convert it with | {conversion}"),)
        field = binding.field.removeprefix("input.")
        message = f"{field} takes {in_words(wanted)}, but this is {in_words(given)}"
        self.found.append(
            binding.diagnostic("type.mismatch", message, "warning", offset=0, length=len(binding.text), fixes=fixes)
        )

    def _locked_types(self, node: StepNode, pointer: str) -> frozenset[str] | None:
        """Return the JSON types that a part of a field takes by the facts of this step."""
        if node not in self.facts or not self.facts[node].field_schemas:
            return None
        name, *inner = pointer_parts(pointer)
        schema = self.facts[node].field_schemas.get(name)
        return types_at(shapes.of_schema(dict(schema)), pointer_to(inner)) if schema is not None and inner else None


@functools.lru_cache(maxsize=10_000)
def _field_types(step_type: StepType[Any], pointer: str) -> frozenset[str] | None:
    """Return the JSON types that an input field takes; None if unknown."""
    return types_at(shapes.of_schema(input_schema_of(step_type)), pointer)


@functools.lru_cache(maxsize=256)
def _output_shape(step_type: StepType[Any]) -> Shape:
    return shapes.of_schema(dict(step_type.output_schema))
