"""All checks of a workflow, in one pass over everything that can be read."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wftui.compiler.checks.approval_checks import check_approvals
from wftui.compiler.checks.branch_checks import check_branches
from wftui.compiler.checks.child_checks import check_child, outputs_of
from wftui.compiler.checks.error_type_checks import check_error_types
from wftui.compiler.checks.flow import FlowChecker
from wftui.compiler.checks.lint import lint_workflow
from wftui.compiler.checks.literal_secrets import check_literal_secrets
from wftui.compiler.checks.pool_checks import check_pools
from wftui.compiler.checks.references import ReferenceChecker, cycle_diagnostic
from wftui.compiler.checks.requirement_checks import StepNeeds
from wftui.compiler.checks.schema_checks import check_schemas
from wftui.compiler.checks.secret_checks import check_secrets
from wftui.compiler.checks.site_checks import Sites, check_facts
from wftui.compiler.checks.step_checks import (
    check_connection,
    check_connection_uses,
    check_default_types,
    check_expressions,
    check_input,
    check_type,
)
from wftui.compiler.checks.values.checks import ValueChecker
from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import INTERNAL, Diagnostic, fence
from wftui.compiler.tree.bindings import (
    Binding,
    group_bindings,
    input_default_bindings,
    output_bindings,
    step_bindings,
    var_bindings,
)
from wftui.compiler.tree.graph import Graph, cycles
from wftui.compiler.tree.inherited import inherit, where_written
from wftui.compiler.tree.nodes import Body, StepNode, WorkflowTree
from wftui.compiler.tree.pools import pool_of
from wftui.compiler.tree.reserved import reserved_word
from wftui.compiler.tree.scopes import Scopes
from wftui.compiler.tree.structure import read_tree
from wftui.compiler.tree.sub_workflows import SubWorkflows
from wftui.model.base import Json
from wftui.model.text.raw_text import KEEP_BRACES
from wftui.steps.api.step_type import StepType, StepTypes


@dataclass(slots=True)
class Checked:
    """A workflow with the results of all checks.

    Attributes:
        tree: None if the file has none.
        uses: connections named in the inputs of steps, besides the steps' own.
        needs: what steps may need to be installed.
        looked_at: files beside the workflow that the checks read, with their etags (None: missing).
    """

    tree: WorkflowTree | None
    diagnostics: list[Diagnostic]
    graph: Graph = field(default_factory=Graph)
    bindings: dict[StepNode | None, list[Binding]] = field(default_factory=dict)
    types: dict[StepNode, StepType[Any] | None] = field(default_factory=dict)
    uses: dict[StepNode, tuple[str, ...]] = field(default_factory=dict)
    needs: dict[StepNode, StepNeeds] = field(default_factory=dict)
    looked_at: dict[Path, str | None] = field(default_factory=dict)


def check_workflow(value: Json, workflow_id: str, step_types: StepTypes, children: SubWorkflows) -> Checked:
    """Check the value of a workflow.json.

    Args:
        workflow_id: the id it must have: the name of its folder.
        children: the other workflows, for steps that run one.
    """
    checked = Checked(None, [])
    with fence(checked.diagnostics):
        checked.tree, found = read_tree(value)
        checked.diagnostics += found
    if checked.tree is not None:
        with fence(checked.diagnostics):
            _check_tree(checked, checked.tree, workflow_id, step_types, children)
        checked.diagnostics = list(where_written(checked.tree, checked.diagnostics))
    return checked


def bodies(tree: WorkflowTree) -> list[Body]:
    """Return all lists of steps."""
    return [tree.main, tree.finally_, *(body for node in tree.walk() for body in node.bodies)]


def _check_tree(
    checked: Checked, tree: WorkflowTree, workflow_id: str, step_types: StepTypes, children: SubWorkflows
) -> None:
    found = checked.diagnostics
    if isinstance(tree.raw.get("id"), str) and tree.workflow.id != workflow_id and tree.workflow.id == tree.raw["id"]:
        fix = patches.replace(f"change it to {workflow_id}", "/id", workflow_id)
        message = f"the id is {tree.workflow.id!r}, but the folder is {workflow_id!r}"
        found.append(Diagnostic("workflow.id", message, "/id", field="id", fixes=(fix,)))
    scopes = Scopes.of(tree)
    found += _check_ids(tree, scopes)
    found += check_default_types(tree, step_types)
    references = ReferenceChecker(scopes)
    checked.graph = references.graph
    sites = Sites(children.workspace.source_path(workflow_id).parent, step_types)
    checked.looked_at = sites.looked_at
    for node in tree.walk():
        with fence(found, node.pointer, node.id):
            _check_step(node, checked, references, step_types, sites)
    if any(each.code == INTERNAL for each in found):
        return  # the following checks need what this one finds out
    outputs = output_bindings(tree)
    variables = var_bindings(tree)
    checked.bindings[None] = [*variables, *input_default_bindings(tree), *group_bindings(tree), *outputs]
    for binding in checked.bindings[None]:
        found += check_expressions(binding)
        references.binding(binding, frozenset())
    found += references.found
    found += check_schemas(tree)
    _check_values(checked, scopes, children, sites)
    _check_flow(checked, scopes)
    used = {use.name for facts in sites.facts.values() for use in facts.connections}
    all_bindings = [binding for each in checked.bindings.values() for binding in each]
    found += lint_workflow(tree, all_bindings, checked.types, used)
    found += check_approvals(scopes, all_bindings, checked.types)
    found += check_error_types(tree)
    found += check_branches(tree)
    found += check_pools(tree, checked.types, step_types, sites.folder)
    found += check_secrets(tree, all_bindings, checked.types)
    found += check_literal_secrets(tree, checked.types)
    for node in tree.walk():
        if node.step.type == "workflow":
            with fence(found, node.pointer, node.id):
                found += check_child(node, workflow_id, children)


def _check_values(checked: Checked, scopes: Scopes, children: SubWorkflows, sites: Sites) -> None:
    values = ValueChecker(
        scopes, checked.types, checked.bindings, lambda child: outputs_of(child, children), sites.facts
    )
    for each in checked.bindings.values():
        for binding in each:
            with fence(values.found, binding.pointer, binding.node.id if binding.node is not None else ""):
                values.check(binding)
    checked.diagnostics += values.found


def _check_flow(checked: Checked, scopes: Scopes) -> None:
    all_bodies = bodies(scopes.tree)
    found = [cycle_diagnostic(cycle) for body in all_bodies for cycle in cycles(body, checked.graph)]
    checked.diagnostics += found
    if found:
        return  # a cycle has no first step
    flow = FlowChecker(scopes, checked.graph, checked.bindings)
    for body in all_bodies:
        flow.body(body)
    for body in all_bodies:
        flow.readers(body)
    checked.diagnostics += flow.found


def _check_step(
    node: StepNode, checked: Checked, references: ReferenceChecker, step_types: StepTypes, sites: Sites
) -> None:
    step_type, wrong_type = check_type(node, step_types)
    literal: set[str] = set()
    checked.types[node] = step_type
    checked.diagnostics += wrong_type
    inherit(node, references.workflow.defaults, waits=step_type is not None and step_type.waits)
    node.pool = pool_of(node, step_type, references.workflow)
    checked.diagnostics += check_connection(node, step_type, references.workflow)
    found = step_bindings(node)
    checked.bindings[node] = found
    if step_type is not None:
        wrong_input = check_input(node, step_type, found)
        literal = {each.pointer for each in wrong_input if each.fixes and each.fixes[0].title == KEEP_BRACES}
        checked.diagnostics += wrong_input
        facts = sites.facts_of(node, step_type)
        programs = sites.programs(node, step_type)
        facts = sites.facts.get(node, facts)
        checked.needs[node] = StepNeeds(node, step_type, facts, programs)
        checked.diagnostics += check_facts(node, facts, found)
        checked.diagnostics += check_connection_uses(node, facts.connections, references.workflow)
        checked.uses[node] = tuple(dict.fromkeys(use.name for use in facts.connections))
    references.needs(node)
    secret_fields = step_type.secret_fields if step_type is not None else frozenset[str]()
    for binding in found:
        if binding.pointer in literal:
            continue  # its braces are those of another language
        checked.diagnostics += check_expressions(binding)
        references.binding(binding, secret_fields)


def _check_ids(tree: WorkflowTree, scopes: Scopes) -> list[Diagnostic]:
    found = []
    for node in tree.walk():
        if not node.id:
            continue
        first = scopes.everywhere[node.id]
        if first is not node:
            new = next(f"{node.id}_{n}" for n in range(2, 10_000) if f"{node.id}_{n}" not in scopes.everywhere)
            fix = patches.replace(f"change it to {new}", node.at("id"), new)
            message = f"the id {node.id} is already used; ids are unique within the file"
            found.append(Diagnostic("id.duplicate", message, node.at("id"), step_id=node.id, field="id", fixes=(fix,)))
        reason = reserved_word(node.id)
        if reason:
            new = next(
                f"{node.id}_{word}" for word in ("step", "step_2") if f"{node.id}_{word}" not in scopes.everywhere
            )
            fix = patches.replace(f"change it to {new}", node.at("id"), new)
            message = f"a step cannot be called {node.id}: {reason}"
            found.append(Diagnostic("id.reserved", message, node.at("id"), step_id=node.id, field="id", fixes=(fix,)))
        if node.step.for_each is not None and reserved_word(node.step.for_each.as_):
            message = (
                f"a loop variable cannot be called {node.step.for_each.as_}: {reserved_word(node.step.for_each.as_)}"
            )
            pointer = node.at("forEach", "as")
            fix = patches.replace("change it to item", pointer, "item")
            found.append(Diagnostic("id.reserved", message, pointer, step_id=node.id, field="forEach.as", fixes=(fix,)))
    return found
