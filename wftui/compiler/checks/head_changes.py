"""The effect of an edit around the lists of steps on the steps."""

from collections.abc import Mapping

from wftui.compiler.checks.lint import Reads
from wftui.compiler.tree.bindings import Binding
from wftui.compiler.tree.nodes import StepNode, WorkflowTree
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.schema.json_schema import as_list, as_object
from wftui.model.schema.secret_schema import secret_pointers
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.model.workflow.definition import Defaults, Workflow

_FOLLOWED = frozenset({"input_schema", "env", "vars", "defaults"})
_OF_NO_STEP = frozenset(
    {
        *("schema_", "name", "description", "version", "labels", "mcp", "outputs", "steps", "finally_"),
        *("timeout", "max_parallel", "fail_fast", "concurrency"),
    }
)
"""Parts of a workflow on which no finding about a step depends."""

_NO_SHAPE = frozenset(
    {
        *("title", "description", "examples", "deprecated", "readOnly", "format", "pattern"),
        *("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
)
"""Keywords of an input that tell nothing about the shape of its value."""


@dataclass(frozen=True, slots=True)
class HeadChanges:
    """The difference of two heads: the parts of a workflow around its lists of steps.

    Attributes:
        names: inputs and environment variables that are new, or no more.
        values: inputs whose values have another shape.
        every_input: all inputs may be others.
        variables: there are other variables.
        before, after: the defaults of steps.
    """

    names: frozenset[str]
    values: frozenset[str]
    every_input: bool
    variables: bool
    before: Defaults
    after: Defaults

    @classmethod
    def between(cls, before: WorkflowTree, workflow: Workflow, raw: Mapping[str, Json]) -> "HeadChanges | None":
        """Compare two heads; None if the steps that the difference concerns are not known."""
        old = before.workflow
        for name in Workflow.model_fields.keys() - _FOLLOWED - _OF_NO_STEP:
            if _differ(getattr(old, name), getattr(workflow, name)):
                return None
        if _differ(old.defaults.on_error, workflow.defaults.on_error) or bool(old.vars) is not bool(workflow.vars):
            return None
        if _secrets(before.raw) != _secrets(raw):
            return None
        inputs = _InputChanges(old.input_schema, workflow.input_schema)
        variables = list(old.vars) != list(workflow.vars)
        names = inputs.names | (set(old.env) ^ set(workflow.env))
        same = not _differ(old.defaults, workflow.defaults)
        after = old.defaults if same else workflow.defaults
        return cls(names, inputs.values, inputs.every, variables, old.defaults, after)

    @property
    def any(self) -> bool:
        """The head differs in something that steps may read."""
        return bool(self.names or self.values) or self.every_input or self.variables

    def concern_references(self, read: Reads) -> bool:
        """Return whether the references of a step that reads this are to be checked."""
        named = self.names and not (read.known and self.names.isdisjoint(read.inputs | read.env))
        return bool(named) or self.concern_all(read) or (self.variables and (read.variables or not read.known))

    def concern_values(self, read: Reads) -> bool:
        """Return whether the values of a step that reads this are to be checked."""
        if self.concern_all(read):
            return True
        return bool(self.values) and (not read.known or read.every_input or not self.values.isdisjoint(read.inputs))

    def concern_value(self, binding: Binding) -> bool:
        """Return whether the value of a string is to be checked."""
        for expression, _offset in binding.expressions:
            for reference in expression.references:
                if reference.root == "inputs" and (
                    self.every_input or not reference.path or str(reference.path[0]) in self.values
                ):
                    return True
        return False

    def concern_all(self, read: Reads) -> bool:
        """Return whether a step reads inputs that may all have changed."""
        return self.every_input and bool(read.inputs or read.every_input or not read.known)

    def concern_inherited(self, node: StepNode) -> bool:
        """Return whether a step may inherit other defaults."""
        if self.before is self.after or node.step.type in CONTAINER_TYPES:
            return False
        kind = node.step.type
        if _differ(self.before.types.get(kind), self.after.types.get(kind)):
            return True
        return any(
            node.raw.get(name) is None and _differ(getattr(self.before, name), getattr(self.after, name))
            for name in ("retry", "timeout")
        )


class _InputChanges:
    """The difference of two schemas of inputs.

    Attributes:
        names: inputs that only one has.
        values: inputs with other shapes, or that are required in one only.
        every: the schemas differ in more than that.
    """

    def __init__(self, old: Mapping[str, Json], new: Mapping[str, Json]) -> None:
        self.names: frozenset[str] = frozenset()
        self.values: frozenset[str] = frozenset()
        self.every = False
        if not _differ(old, new):
            return
        mine, theirs = as_object(old.get("properties")), as_object(new.get("properties"))
        around = [
            {key: value for key, value in each.items() if key not in {"properties", "required", *_NO_SHAPE}}
            for each in (old, new)
        ]
        if _differ(*around) or any("$ref" in repr(each) for each in (old, new)):
            self.every = True
        required = set(map(str, as_list(old.get("required")))) ^ set(map(str, as_list(new.get("required"))))
        self.names = frozenset(mine.keys() ^ theirs.keys())
        other = {name for name in mine.keys() & theirs.keys() if _differ(_shape(mine[name]), _shape(theirs[name]))}
        self.values = self.names | required | other


def _shape(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key not in _NO_SHAPE} if isinstance(schema, dict) else schema


def _secrets(raw: Mapping[str, Json]) -> list[str]:
    return secret_pointers(as_object(raw.get("inputSchema")))


def _differ(one: object, other: object) -> bool:
    """Return whether two values are different; 1, 1.0 and true are."""
    return one is not other and repr(one) != repr(other)
