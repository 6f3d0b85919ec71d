"""A workflow with the results of its checks; the check of one step."""

from dataclasses import field
from pathlib import Path
from typing import Any

from wftui.compiler.checks.lint import Reads, lint_step
from wftui.compiler.checks.schema_checks import check_output_schema
from wftui.compiler.checks.secrets.literal_secrets import literal_secrets
from wftui.compiler.checks.secrets.secret_checks import SecretInputs, check_secrets
from wftui.compiler.checks.step_records import Changes, CheckMemory, StepRecord, lasts
from wftui.compiler.checks.steps.branch_checks import check_branches
from wftui.compiler.checks.steps.error_type_checks import errors_of
from wftui.compiler.checks.steps.pool_checks import check_pools
from wftui.compiler.checks.steps.requirement_checks import Requirements
from wftui.compiler.checks.steps.site_checks import Sites, check_facts
from wftui.compiler.checks.steps.step_checks import (
    check_connection,
    check_connection_uses,
    check_expressions,
    check_input,
    check_type,
    structure_of,
)
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.bindings import Binding, step_bindings
from wftui.compiler.tree.graph import Graph
from wftui.compiler.tree.inherited import inherit
from wftui.compiler.tree.moved_steps import MovedSteps
from wftui.compiler.tree.nodes import StepNode, WorkflowTree, walk_of
from wftui.compiler.tree.pools import pool_of
from wftui.model.data_class import dataclass
from wftui.model.text.raw_text import KEEP_BRACES
from wftui.steps.api.step_type import SiteFacts, StepType, StepTypes


@dataclass(slots=True)
class Checked:
    """A workflow with the results of all checks.

    Attributes:
        tree: None if the file has none.
        uses: connections named in the inputs of steps, besides the steps' own.
        needs: what steps require of a machine.
        looked_at: files beside the workflow that the checks read, with their etags (None: missing).
        steps: the findings by step.
        moved: steps that were elsewhere in their list.
        unchanged: steps that are, with all inside them, as the check before had them, edges included, if elsewhere.
        memory: what the next check continues from; None if this one met a defect.
    """

    tree: WorkflowTree | None
    diagnostics: list[Diagnostic]
    graph: Graph = field(default_factory=Graph)
    bindings: dict[StepNode | None, list[Binding]] = field(default_factory=dict)
    types: dict[StepNode, StepType[Any] | None] = field(default_factory=dict)
    uses: dict[StepNode, tuple[str, ...]] = field(default_factory=dict)
    needs: dict[StepNode, Requirements] = field(default_factory=dict)
    facts: dict[StepNode, SiteFacts] = field(default_factory=dict)
    looked_at: dict[Path, str | None] = field(default_factory=dict)
    steps: dict[StepNode, StepRecord] = field(default_factory=dict)
    moved: MovedSteps = field(default_factory=lambda: MovedSteps(""))
    unchanged: frozenset[StepNode] = frozenset()
    memory: CheckMemory | None = None

    def requirements(self) -> list[Requirements]:
        """Return what steps require of a machine, in the order of the file.

        Steps that require nothing are left out.
        """
        nodes = self.tree.walk() if self.tree is not None else ()
        return [needs for node in nodes if (needs := self.needs.get(node)) is not None and needs.any()]

    def forget(self) -> None:
        """Forget what only a next check needs, which is a third of what this one holds."""
        if self.memory is not None:
            self.memory.values.forget()
        self.steps, self.memory = {}, None

    def carry_over(self, before: "Checked", changes: Changes) -> None:
        """Take over the findings about steps that did not change."""
        self.bindings, self.types, self.uses = before.bindings, before.types, before.uses
        self.needs, self.facts, self.steps = before.needs, before.facts, before.steps
        by_step: list[dict[Any, Any]] = [self.bindings, self.types, self.uses, self.needs, self.facts, self.steps]
        for node in changes.gone.values():
            for each in by_step:
                each.pop(node, None)
        for node in self.moved.nodes:
            if (needs := self.needs.get(node)) is not None:
                needs.pointer, needs.pool_pointer = node.pointer, self.moved.moved(needs.pool_pointer)
            self.steps[node].move(self.moved)
        around = {each for top in changes.fresh for each in walk_of(top)}
        for node in around & self.needs.keys():
            self.needs[node] = self.needs[node].again(node)


def check_step(
    node: StepNode, checked: Checked, step_types: StepTypes, sites: Sites, secret: SecretInputs
) -> list[Diagnostic]:
    """Return the diagnostics that depend only on the step and its containers."""
    assert checked.tree is not None
    workflow, record = checked.tree.workflow, checked.steps[node]
    step_type, wrong_type = check_type(node, step_types)
    checked.types[node] = step_type
    found = [*(structure_of(node, step_type) if node.found else ()), *wrong_type]
    inherit(node, workflow.defaults, waits=step_type is not None and step_type.waits)
    node.pool = pool_of(node, step_type, workflow)
    found += check_connection(node, step_type, workflow)
    bindings = step_bindings(node)
    checked.bindings[node] = bindings
    if step_type is not None:
        wrong_input = check_input(node, step_type, bindings)
        if wrong_input:  # the braces of these are those of another language
            record.foreign = frozenset(
                each.pointer for each in wrong_input if each.fixes and each.fixes[0].title == KEEP_BRACES
            )
            found += wrong_input
        facts = sites.facts_of(node, step_type)
        programs = sites.programs(node, step_type)
        facts = sites.facts.get(node, facts)
        checked.needs[node] = Requirements.of(node, step_type, facts, programs)
        found += check_facts(node, facts, bindings)
        found += check_connection_uses(node, facts.connections, workflow)
        checked.uses[node] = tuple(dict.fromkeys(use.name for use in facts.connections))
    for binding in bindings:
        if binding.pointer not in record.foreign:
            found += check_expressions(binding)
    found += check_output_schema(node)
    found += lint_step(node, step_type)
    found += check_branches(node)
    found += check_pools(node, step_type, step_types, sites.folder)
    found += check_secrets(bindings, secret, step_type)
    record.lasts = lasts(node, step_type)
    record.read = Reads.of(bindings)
    record.errors = errors_of(node)
    record.secrets = literal_secrets(node)
    return found
