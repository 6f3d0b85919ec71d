"""All checks of a workflow, of everything that can be read and has changed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from wftui.compiler.checks.checked import Checked, check_step
from wftui.compiler.checks.id_checks import check_ids
from wftui.compiler.checks.lint import Reads, lint_workflow
from wftui.compiler.checks.paths.flow import FlowChecker
from wftui.compiler.checks.paths.references import ReferenceChecker, cycle_diagnostic
from wftui.compiler.checks.schema_checks import check_schemas
from wftui.compiler.checks.secrets.literal_secrets import check_literal_secrets
from wftui.compiler.checks.secrets.secret_checks import check_secret_defaults, check_secrets, secret_inputs
from wftui.compiler.checks.step_records import (
    Changes,
    CheckMemory,
    StepRecord,
    ValueReaders,
    edges_from,
    flow_key,
    in_order_of_values,
    lists_of,
    move_edges,
    readers,
    shape_key,
    with_those_around,
)
from wftui.compiler.checks.steps.approval_checks import check_approvals
from wftui.compiler.checks.steps.child_checks import check_child, outputs_of
from wftui.compiler.checks.steps.error_type_checks import check_error_types
from wftui.compiler.checks.steps.site_checks import Sites
from wftui.compiler.checks.steps.step_checks import (
    check_default_inputs,
    check_default_types,
    check_expressions,
)
from wftui.compiler.checks.values.checks import ValueChecker
from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import INTERNAL, Diagnostic, Fence
from wftui.compiler.tree.bindings import (
    Binding,
    group_bindings,
    input_default_bindings,
    output_bindings,
    var_bindings,
)
from wftui.compiler.tree.graph import Graph, cycles
from wftui.compiler.tree.inherited import where_written
from wftui.compiler.tree.nodes import StepNode, WorkflowTree
from wftui.compiler.tree.scopes import Scopes
from wftui.compiler.tree.structure import read_tree
from wftui.compiler.tree.sub_workflows import SubWorkflows
from wftui.model.base import Json
from wftui.steps.api.step_type import StepTypes


def check_workflow(
    value: Json, workflow_id: str, step_types: StepTypes, children: SubWorkflows, before: Checked | None = None
) -> Checked:
    """Check the value of a workflow.json.

    Args:
        workflow_id: the id it must have: the name of its folder.
        children: the other workflows, for steps that run one.
        before: a check of the same workflow, from which `value` differs only in the steps of one list, or around the
            lists, steps that are the same being the same objects. It is used up: this check takes its findings over.
    """
    checked = Checked(None, [])
    memory = before.memory if before is not None else None
    with Fence(checked.diagnostics):
        checked.tree, found, checked.moved = read_tree(value, memory.known_nodes if memory is not None else None)
        checked.diagnostics += found
    if checked.tree is not None:
        with Fence(checked.diagnostics):
            check = _Check(checked, checked.tree, workflow_id, step_types, children)
            check.run(before, memory if memory is not None and memory.head is not None else None)
        checked.diagnostics = list(where_written(checked.tree, checked.diagnostics))
    return checked


class _Check:
    """One check: of all steps, or of those that a change concerns."""

    def __init__(
        self, checked: Checked, tree: WorkflowTree, workflow_id: str, step_types: StepTypes, children: SubWorkflows
    ) -> None:
        self.checked = checked
        self.tree = tree
        self.workflow_id = workflow_id
        self.step_types = step_types
        self.children = children
        self.scopes = Scopes.of(tree)
        self.references = ReferenceChecker(self.scopes)
        self.sites = Sites(children.workspace.source_path(workflow_id).parent, step_types, checked.facts)
        self.secret = secret_inputs(tree)

    def run(self, before: Checked | None, memory: CheckMemory | None) -> None:
        """Check the workflow, reusing the findings of the previous check."""
        checked, tree, found = self.checked, self.tree, self.checked.diagnostics
        changes = Changes.between(memory.records if memory is not None else {}, tree)
        old = {node.pointer: memory.records[node] for node in changes.gone.values()} if memory is not None else {}
        gone = [(node, before.bindings.get(node, [])) for node in changes.gone.values()] if before is not None else []
        if before is not None and memory is not None:
            checked.carry_over(before, changes)
        self.sites.facts, checked.looked_at = checked.facts, self.sites.looked_at
        found += self._head()
        for node in changes.fresh:
            checked.steps[node] = StepRecord()
            with Fence(found, node.pointer, node.id):
                checked.steps[node].own = check_step(node, checked, self.step_types, self.sites, self.secret)
        if any(each.code == INTERNAL for each in found):
            return  # the following checks need what this one finds out
        for record in self._records():
            found += record.own
        self._check_workflow_values()
        same_edges, reread, touched = self._check_references(changes, memory, old)
        values = self._check_values(changes, memory, old, gone)
        flow = self._check_flow(changes, memory, old, same_edges, reread, touched)
        for record in self._records():
            found += record.references
            found += record.values
            found += record.reads
        self._check_whole()
        checked.unchanged = frozenset(checked.steps).difference(with_those_around(touched))
        if not any(each.code == INTERNAL for each in found):
            checked.memory = CheckMemory(tree, checked.steps, checked.graph, values, flow)

    # --- parts

    def _records(self) -> Iterator[StepRecord]:
        return (self.checked.steps[node] for node in self.tree.walk())

    def _head(self) -> Iterator[Diagnostic]:
        """Yield diagnostics of the workflow's own values, and of ids."""
        tree = self.tree
        if isinstance(tree.raw.get("id"), str) and tree.workflow.id == tree.raw["id"] != self.workflow_id:
            fix = patches.replace(f"change it to {self.workflow_id}", "/id", self.workflow_id)
            message = f"the id is {tree.workflow.id!r}, but the folder is {self.workflow_id!r}"
            yield Diagnostic("workflow.id", message, "/id", field="id", fixes=(fix,))
        yield from check_ids(tree, self.scopes)
        yield from check_default_types(tree, self.step_types)
        yield from check_default_inputs(tree, self.step_types)

    def _check_workflow_values(self) -> None:
        """Check the expressions of variables, defaults, the group and the outputs."""
        checked, tree = self.checked, self.tree
        outputs = output_bindings(tree)
        own = [*var_bindings(tree), *input_default_bindings(tree), *group_bindings(tree), *outputs]
        checked.bindings[None] = own
        for binding in own:
            checked.diagnostics += check_expressions(binding)
            self.references.binding(binding, frozenset())
        found, _edges, _asked = self.references.take()
        checked.diagnostics += found
        checked.diagnostics += check_approvals(self.scopes, own, checked.types)
        checked.diagnostics += check_secrets(own, self.secret, None)
        checked.diagnostics += check_secret_defaults(tree)
        checked.diagnostics += check_schemas(tree)

    def _check_references(
        self, changes: Changes, memory: CheckMemory | None, old: Mapping[str, StepRecord]
    ) -> tuple[bool, list[StepNode], set[StepNode]]:
        """Check references and make the graph.

        Returns:
            Whether the graph has the edges it had, the steps checked, and all steps from which edges may have changed.
        """
        records = self.checked.steps
        head = memory.head if memory is not None else None
        reread = readers(records, changes, head) if head is not None else changes.fresh
        same = memory is not None and old.keys() == {node.pointer for node in changes.fresh}
        same = same and not self.checked.moved.nodes
        sources: set[StepNode] = set()
        for node in changes.fresh:
            if (known := changes.gone.get(node.pointer)) is not None:
                move_edges(records, known, node)
        for node in dict.fromkeys([*changes.fresh, *reread]):
            record = records[node]
            edges = old[node.pointer].edges if node.pointer in old else record.edges
            self._check_names(node, record)
            same = same and [each.key for each in edges] == [each.key for each in record.edges]
            sources.update(each.source for each in (*edges, *record.edges))
        touched = {*sources, *changes.fresh, *reread}.difference(changes.gone.values())
        if memory is not None and same:
            graph = memory.graph.replaced({changes.gone[node.pointer]: node for node in changes.fresh})
            for node in touched:
                graph.edges.pop(node, None)
                for each in edges_from(records, node):
                    graph.add(each)
        else:
            graph = Graph()
            for node in self.tree.walk():
                for each in records[node].edges:
                    graph.add(each)
        self.checked.graph = graph
        return same, reread, touched

    def _check_names(self, node: StepNode, record: StepRecord) -> None:
        checked, references = self.checked, self.references
        step_type = checked.types[node]
        references.needs(node)
        secret_fields = step_type.secret_fields if step_type is not None else frozenset[str]()
        for binding in checked.bindings[node]:
            if binding.pointer not in record.foreign:
                references.binding(binding, secret_fields)
        record.before = node.before
        record.references, record.edges, record.asked = references.take()
        record.references += check_approvals(self.scopes, checked.bindings[node], checked.types)

    def _check_values(
        self,
        changes: Changes,
        memory: CheckMemory | None,
        old: Mapping[str, StepRecord],
        gone: Iterable[tuple[StepNode, list[Binding]]],
    ) -> ValueChecker:
        checked, records = self.checked, self.checked.steps
        for node in changes.fresh:
            records[node].shape = shape_key(node, checked.types[node], checked.facts.get(node))
        # In a circle, the shapes depend on where one begins.
        if memory is None or memory.is_circular or any(record.is_circular for record in records.values()):
            values = ValueChecker(
                self.scopes,
                checked.types,
                checked.bindings,
                lambda child: outputs_of(child, self.children),
                checked.facts,
            )
            stale: Mapping[StepNode, Collection[Binding]] = {node: checked.bindings[node] for node in records}
        else:
            values = memory.values
            shapes = {node.id: (node.pointer, old[node.pointer].shape) for node in changes.gone.values()}
            new = {node.id: (node.pointer, records[node].shape) for node in changes.fresh}
            changed = [
                each
                for each in {*shapes, *new}
                if each not in new or new[each][1] is None or new[each] != shapes.get(each)
            ]
            readers = ValueReaders(records, checked.types, checked.bindings)
            readers.follow(changes.fresh, changed, memory.head)
            stale = readers.found
            values.carry_over(self.scopes, gone, [(None, checked.bindings[None]), *stale.items()])
        for node in in_order_of_values(self.tree, checked.graph) if stale else ():
            if node in stale:
                record = records[node]
                record.values = self._values_of(values, checked.bindings[node], stale[node], record.values)
        own = checked.bindings[None]
        checked.diagnostics += self._values_of(values, own, own, [])
        return values

    @staticmethod
    def _values_of(
        values: ValueChecker, bindings: Sequence[Binding], stale: Collection[Binding], known: Iterable[Diagnostic]
    ) -> list[Diagnostic]:
        """Check the stale bindings of a step; keep what is known of the others."""
        for binding in bindings:
            if len(stale) < len(bindings) and binding not in stale:
                values.found += [each for each in known if each.pointer == binding.pointer]
                continue
            with Fence(values.found, binding.pointer, binding.node.id if binding.node is not None else ""):
                values.check(binding)
        return values.take()

    def _check_flow(
        self,
        changes: Changes,
        memory: CheckMemory | None,
        old: Mapping[str, StepRecord],
        same_edges: bool,
        reread: Iterable[StepNode],
        touched: set[StepNode],
    ) -> FlowChecker | None:
        checked, records = self.checked, self.checked.steps
        known = memory.flow if memory is not None and memory.flow is not None and memory.flow.can_recheck() else None
        all_bodies = list(lists_of(self.tree))
        if not same_edges or known is None:
            found = [cycle_diagnostic(cycle) for body in all_bodies for cycle in cycles(body, checked.graph)]
            checked.diagnostics += found
            if found:
                for record in records.values():
                    record.reads = []
                return None  # a cycle has no first step
        same: dict[StepNode, StepNode] = {}
        for node in changes.fresh:
            records[node].flow = flow_key(node)
            if node.pointer in old and old[node.pointer].flow == records[node].flow:
                same[node] = changes.gone[node.pointer]
        flow = FlowChecker(self.scopes, checked.graph, checked.bindings)
        if known is not None:
            changed = {node for node in changes.fresh if node not in same}
            if checked.moved.nodes:
                changed |= known.unreachable.keys() & records.keys()
            moved = set[StepNode]() if same_edges else touched
            others = flow.recheck(known, all_bodies, same, changed | moved)
            stale: Iterable[StepNode] = dict.fromkeys([*changes.fresh, *reread, *flow.readers(records, others, moved)])
        else:
            for body in all_bodies:
                flow.body(body)
            stale = records
        for body in all_bodies if flow.unreachable else ():
            for node in checked.graph.order(body):
                checked.diagnostics += flow.unreachable.get(node, ())
        for node in stale:
            records[node].reads = flow.reader(node)
        return flow

    def _check_whole(self) -> None:
        """Check what depends on all steps."""
        checked, tree, found = self.checked, self.tree, self.checked.diagnostics
        records = checked.steps
        used = {name for names in checked.uses.values() for name in names}
        reads = [Reads.of(checked.bindings[None]), *(record.read for record in records.values())]
        found += lint_workflow(tree, reads, used)
        found += check_error_types(tree, ((node, record.errors) for node, record in records.items()))
        secrets = ((node, record.secrets) for node, record in records.items() if record.secrets)
        found += check_literal_secrets(tree, checked.types, secrets)
        for node in tree.walk():
            if node.step.type == "workflow":
                with Fence(found, node.pointer, node.id):
                    found += check_child(node, self.workflow_id, self.children)
