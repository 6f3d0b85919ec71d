"""Findings per step, kept from one check of a workflow to the next.

A step's findings depend on its own JSON, on the workflow around the lists of steps (which is the same as long as its
record is kept), on the steps it names, and on the shapes of what it reads. `dependents` follows these.
"""

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Any

from wftui.compiler.checks.head_changes import HeadChanges
from wftui.compiler.checks.lint import NO_READS, Reads
from wftui.compiler.checks.paths.flow import FlowChecker
from wftui.compiler.checks.secrets.literal_secrets import SecretPlace
from wftui.compiler.checks.steps.error_type_checks import NO_ERRORS, StepErrors
from wftui.compiler.checks.values.checks import ValueChecker
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.expressions.template import split_template
from wftui.compiler.tree.bindings import Binding
from wftui.compiler.tree.graph import Edge, Graph
from wftui.compiler.tree.moved_steps import MovedSteps
from wftui.compiler.tree.nodes import NO_NAMES, Body, KnownNodes, StepNode, WorkflowTree, walk, walk_of
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.model.workflow.definition import Workflow
from wftui.steps.api.step_type import SiteFacts, StepType
from wftui.steps.registry.step_registry import BUILTIN

ShapeKey = tuple[object, ...] | None
"""Equal for steps whose outputs have equal shapes, if the steps they read have; None is equal to nothing."""


@dataclass(slots=True)
class StepRecord:
    """The findings about one step.

    Attributes:
        own: diagnostics that depend on nothing but the step and what is around it.
        references: of what it names, and the `edges` that follow.
        asked: the ids that it names, found or not.
        before: the step before it, as its edges know it.
        values: diagnostics of the shapes of what it reads.
        reads: diagnostics of reads of steps that may be skipped.
        foreign: pointers of its texts whose braces are those of another language.
        read: of the inputs and the environment.
        errors: types of errors that it names.
        secrets: in its input, in plain text.
        lasts: nothing outside the workflow was looked at.
        shape, flow: what other steps depend on: equal keys at the same place, equal findings.
    """

    own: list[Diagnostic] = field(default_factory=list)
    references: list[Diagnostic] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    asked: frozenset[str] = NO_NAMES
    before: StepNode | None = None
    values: list[Diagnostic] = field(default_factory=list)
    reads: list[Diagnostic] = field(default_factory=list)
    foreign: frozenset[str] = NO_NAMES
    read: Reads = NO_READS
    errors: StepErrors = NO_ERRORS
    secrets: list[SecretPlace] = field(default_factory=list)
    lasts: bool = False
    shape: ShapeKey = None
    flow: tuple[object, ...] = ()

    @property
    def is_circular(self) -> bool:
        """Return whether the step reads itself."""
        return bool(self.references) and any(each.code == "reference.self" for each in self.references)

    def move(self, moved: MovedSteps) -> None:
        """Follow the step to where it is now."""
        if self.own:
            self.own = moved.diagnostics(self.own)
        if self.references:
            self.references = moved.diagnostics(self.references)
        if self.values:
            self.values = moved.diagnostics(self.values)
        if self.reads:
            self.reads = moved.diagnostics(self.reads)
        if self.foreign:
            self.foreign = frozenset(map(moved.moved, self.foreign))
        if self.errors.prefixes:
            named = tuple((moved.moved(pointer), prefix) for pointer, prefix in self.errors.prefixes)
            self.errors = replace(self.errors, prefixes=named)
        if self.secrets:
            self.secrets = [(moved.moved(pointer), name, text, span) for pointer, name, text, span in self.secrets]


@dataclass(slots=True)
class CheckMemory:
    """A finished check, with which the next one of the same workflow starts.

    It is used once: the next check takes its nodes over, and changes them.

    Attributes:
        head: what the next check changes around the steps; None: everything.
    """

    tree: WorkflowTree
    records: dict[StepNode, StepRecord]
    graph: Graph
    values: ValueChecker
    flow: FlowChecker | None
    head: HeadChanges | None = None

    @property
    def is_circular(self) -> bool:
        """Return whether steps wait for each other, or for themselves."""
        return self.flow is None or any(record.is_circular for record in self.records.values())

    def known_nodes(self, workflow: Workflow, raw: Mapping[str, Json]) -> KnownNodes:
        """Return the nodes that a workflow may reuse.

        Their findings last, and they inherit the same.
        """
        head = self.head = HeadChanges.between(self.tree, workflow, raw)
        if head is None:
            return KnownNodes()
        nodes = {node.pointer: node for node in self.records}
        for node, record in self.records.items():
            around: StepNode | None = node if not record.lasts or head.concern_inherited(node) else None
            while around is not None and nodes.pop(around.pointer, None) is not None:
                around = around.body.owner
        bodies = {body.pointer: body for body in lists_of(self.tree)}
        return KnownNodes(nodes, bodies)


def lists_of(tree: WorkflowTree) -> Iterator[Body]:
    """Yield all lists of steps."""
    yield tree.main
    yield tree.finally_
    for node in tree.walk():
        yield from node.bodies


@dataclass(slots=True)
class Changes:
    """The difference between a tree and the one before.

    Attributes:
        fresh: its new steps, in order.
        gone: the removed steps, by pointer.
        ids: those of both.
    """

    fresh: list[StepNode]
    gone: dict[str, StepNode]
    ids: frozenset[str]

    @classmethod
    def between(cls, records: Mapping[StepNode, StepRecord], tree: WorkflowTree) -> "Changes":
        """Compare a tree with the steps that have records."""
        nodes = list(tree.walk())
        fresh = [node for node in nodes if node not in records]
        kept = set(nodes)
        gone = {node.pointer: node for node in records if node not in kept}
        return cls(fresh, gone, frozenset(node.id for node in [*fresh, *gone.values()]))


def readers(records: Mapping[StepNode, StepRecord], changes: Changes, head: HeadChanges) -> list[StepNode]:
    """Return the steps whose references are to be checked.

    They name a changed step or part of the head, come after another one, or have diagnostics that depend on all names.
    """
    ids, by_head = changes.ids, head.any
    return [
        node
        for node, record in records.items()
        if record.before is not node.before
        or record.references
        or not ids.isdisjoint(record.asked)
        or (by_head and head.concern_references(record.read))
    ]


class ValueReaders:
    """The steps whose values are to be checked, and computed again.

    Attributes:
        found: their bindings that read other values than before.
    """

    def __init__(
        self,
        records: Mapping[StepNode, StepRecord],
        types: Mapping[StepNode, StepType[Any] | None],
        bindings: Mapping[StepNode | None, list[Binding]],
    ) -> None:
        self.found: dict[StepNode, Collection[Binding]] = {}
        self._records = records
        self._types = types
        self._bindings = bindings

    def follow(self, fresh: Iterable[StepNode], changed: Iterable[str], head: HeadChanges | None) -> None:
        """Find the readers of what has changed, and theirs.

        Args:
            fresh: the new steps.
            changed: ids of steps whose outputs have other shapes.
            head: the changes around the steps.
        """
        by_id: dict[str, list[StepNode]] = {}
        for node, record in self._records.items():
            for step_id in record.asked:
                by_id.setdefault(step_id, []).append(node)
        self.found = {node: self._bindings[node] for node in fresh}
        seen, waiting = set[str](), list(changed)
        if head is not None and head.any:
            for node, record in self._records.items():
                if head.concern_values(record.read):
                    self._read_again(node, head.concern_value, waiting)
        while waiting:
            step_id = waiting.pop()
            if step_id not in seen:
                seen.add(step_id)
                for reader in by_id.get(step_id, ()):
                    self._read_again(reader, functools.partial(_reads_step, step_id), waiting)

    def _read_again(self, reader: StepNode, reads: Callable[[Binding], bool], waiting: list[str]) -> None:
        """Add a step whose values are to be checked, and the ids whose shapes follow."""
        if not reader.bodies and reader.step.for_each is None:
            again = [binding for binding in self._bindings[reader] if reads(binding)]
            known = self.found.get(reader)
            self.found[reader] = dict.fromkeys([*known, *again]) if known else again
            if self._gives_input(reader) and any(_gives_value(binding) for binding in again):
                waiting.append(reader.id)
                self._around(reader, waiting)
            return
        # Inside a loop its items are read by name; a catch and a container give what their last step gives.
        for node in walk_of(reader):
            self.found[node] = self._bindings[node]
            if node.catches or self._gives_input(node):
                waiting.append(node.id)
            self._around(node, waiting)

    def _around(self, node: StepNode, waiting: list[str]) -> None:
        """Add the containers of a step, which may give its output, and their ids."""
        owner = node.body.owner
        while owner is not None:
            self.found[owner] = self._bindings[owner]
            waiting.append(owner.id)
            owner = owner.body.owner

    def _gives_input(self, node: StepNode) -> bool:
        """Return whether the shape of a step's output is that of its input."""
        step_type = self._types.get(node)
        return step_type is not None and step_type.gives_input


def _reads_step(step_id: str, binding: Binding) -> bool:
    return any(
        reference.root == "steps" and reference.path[:1] == (step_id,)
        for expression, _offset in binding.expressions
        for reference in expression.references
    )


def _gives_value(binding: Binding) -> bool:
    """Return whether a part of the input has the shape of what a string reads."""
    return binding.use == "input" and binding.template is not None and binding.template.keeps_type


def lasts(node: StepNode, step_type: StepType[Any] | None) -> bool:
    """Return whether the findings about a step follow from the workflow alone.

    Other workflows, files of the folder, and plugins may change without it.
    """
    if step_type is None:
        return node.step.type in CONTAINER_TYPES
    return step_type.word in BUILTIN and step_type.word != "workflow" and not step_type.site_files


def shape_key(node: StepNode, step_type: StepType[Any] | None, facts: SiteFacts | None) -> ShapeKey:
    """Return what the shape of a step's output depends on, besides the steps it reads."""
    if node.bodies or (facts is not None and facts.output_schema is not None):
        return None
    if step_type is not None and step_type.word == "workflow":
        return None
    step = node.step
    given = _skeleton(step.input) if step_type is not None and step_type.gives_input else None
    loop = step.for_each.model_dump_json() if step.for_each is not None else None
    return step.type, repr(step.output_schema), loop, repr(step.on_error), given


def _skeleton(value: Json) -> object:
    """Return a value without the texts that make no difference to its shape."""
    match value:
        case str():
            template = split_template(value)
            return value if template is not None and template.keeps_type else "text"
        case dict():
            return tuple((key, _skeleton(entry)) for key, entry in value.items())
        case list():
            return "list", *(_skeleton(entry) for entry in value)
    return type(value)


def flow_key(node: StepNode) -> tuple[object, ...]:
    """Return what reachability depends on, besides the edges."""
    step = node.step
    bodies = [(body.kind, body.when, body.on) for body in node.bodies]
    return (
        node.id,
        step.when,
        step.join,
        step.disabled,
        repr(step.on_error),
        repr(step.for_each),
        str(bodies),
        "join" in node.raw,
        "disabled" in node.raw,
        "when" in node.raw,
    )


def in_order_of_values(tree: WorkflowTree, graph: Graph) -> Iterator[StepNode]:
    """Yield all steps, each after those it reads, and after those inside it."""
    yield from _in_order(tree.main, graph)
    yield from _in_order(tree.finally_, graph)


def _in_order(body: Body, graph: Graph) -> Iterator[StepNode]:
    for node in graph.order(body):
        for inner in node.bodies:
            yield from _in_order(inner, graph)
        yield node


def with_those_around(nodes: Iterable[StepNode]) -> set[StepNode]:
    """Return steps with the containers they are in."""
    found: set[StepNode] = set()
    for node in nodes:
        around: StepNode | None = node
        while around is not None and around not in found:
            found.add(around)
            around = around.body.owner
    return found


def edges_from(records: Mapping[StepNode, StepRecord], source: StepNode) -> Iterator[Edge]:
    """Yield the edges of a step, including those from references inside it."""
    for node in walk_of(source):
        for edge in records[node].edges:
            if edge.source is source:
                yield edge


def move_edges(records: Mapping[StepNode, StepRecord], old: StepNode, new: StepNode) -> None:
    """Move the edges that inner steps give a container to its new node."""
    for body in new.bodies:
        for node in walk(body):
            edges = records[node].edges
            if any(edge.source is old for edge in edges):
                records[node].edges = [replace(edge, source=new) if edge.source is old else edge for edge in edges]
