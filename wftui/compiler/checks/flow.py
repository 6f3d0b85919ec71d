"""Reachability of steps: joins that never come true, reads of skipped outputs."""

from collections.abc import Mapping
from dataclasses import field

from wftui.compiler.checks.path_conditions import (
    PathCondition,
    conditions_of_expression,
    contradiction,
    status_condition,
)
from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.expressions.expression import Expression
from wftui.compiler.expressions.reference import Reference
from wftui.compiler.tree.bindings import Binding
from wftui.compiler.tree.edits import with_default
from wftui.compiler.tree.graph import Graph
from wftui.compiler.tree.nodes import Body, StepNode
from wftui.compiler.tree.scopes import Scopes, waiting_step
from wftui.model.data_class import dataclass
from wftui.model.workflow.compilation import Fix, PatchOperation, Severity
from wftui.model.workflow.containers import Join

MAX_CONDITIONS = 32
"""Conditions kept per step: a chain of thousands would cost more than it finds."""


PathConditions = dict[PathCondition, StepNode]


@dataclass(frozen=True, slots=True)
class Reachability:
    """The reachability of a step, as far as it is known before the run.

    Attributes:
        conditions: requirements for it to run, each with the first step that has it. Shared between steps, never
            changed.
        skipped_by: the steps that may cause its skip (itself for its own condition), as the bits of a number, one per
            step of the file: sets of thousands of steps are joined at every step.
        dead: it never runs.
    """

    conditions: PathConditions = field(default_factory=dict)
    skipped_by: int = 0
    dead: bool = False


class FlowChecker:
    """Checker of reachability: follows the conditions of a workflow along its edges.

    Attributes:
        unreachable: diagnostics of steps that never run.
    """

    def __init__(self, scopes: Scopes, graph: Graph, bindings: Mapping[StepNode | None, list[Binding]]) -> None:
        self.scopes = scopes
        self.graph = graph
        self.bindings = bindings
        self.found: list[Diagnostic] = []
        self.unreachable: list[Diagnostic] = []
        self.reachability: dict[StepNode, Reachability] = {}
        self._nodes = list(scopes.tree.walk())
        self._bits = {node: 1 << index for index, node in enumerate(self._nodes)}

    def body(self, body: Body) -> None:
        """Check the steps of a list in order."""
        self.found = []
        for node in self.graph.order(body):
            self.reachability[node] = self._reachability(node)
        self.unreachable += self.found

    def go_on(self, before: "FlowChecker", replaced: Mapping[StepNode, StepNode]) -> None:
        """Take over the reachability of a workflow with equal edges and flow keys.

        Args:
            replaced: the steps that differ, with those in their places before.
        """
        self.unreachable = before.unreachable
        known = before.reachability
        self.reachability = {node: known[replaced.get(node, node)] for node in self._nodes}

    def reader(self, node: StepNode) -> list[Diagnostic]:
        """Return the diagnostics of a step's reads of steps that may be skipped.

        It needs the reachability of all lists.
        """
        self.found = []
        reported: set[StepNode] = set()
        for binding in self.bindings.get(node, []):
            for expression, offset in binding.expressions:
                self._reads(node, binding, expression, offset, reported)
        return self.found

    # --- fates

    def _reachability(self, node: StepNode) -> Reachability:
        demands = self.graph.demands(node)
        demanded = [self.reachability.get(each, Reachability()) for each in demands]
        join = node.step.join
        if node.step.disabled:
            return Reachability(skipped_by=self._bits[node], dead=True)
        inherited = _inherited(join, demanded)
        if self._is_dead_join(node, join, demanded, inherited):
            return Reachability(inherited, self._bits[node], True)
        own = self._own_conditions(node)
        conditions = inherited
        if own:
            status = {condition: node for each in demands for condition in self._status_conditions(join, each)}
            conflict = contradiction([*inherited, *status], own)
            if conflict is not None:
                self._report_condition(node, conflict, {**status, **inherited}, own)
                return Reachability(inherited, self._bits[node], True)
            conditions = dict([*own.items(), *inherited.items()][:MAX_CONDITIONS])
        return Reachability(conditions, self._skipped_by(node, join, demanded))

    def _own_conditions(self, node: StepNode) -> PathConditions:
        for binding in self.bindings.get(node, []):
            if binding.use == "when" and binding.expression is not None and binding.expression.tree is not None:
                return dict.fromkeys(conditions_of_expression(binding.expression), node)
        return {}

    def _status_conditions(self, join: Join, target: StepNode) -> list[PathCondition]:
        """Return the condition on the status of a step that a join implies."""
        on_error = target.step.on_error or self.scopes.tree.workflow.defaults.on_error or "fail"
        succeeded = ("completed",) if on_error == "fail" and not target.catches else ("completed", "failed")
        if join == "all_success":
            return [status_condition(target.id, succeeded)]
        if join == "none_failed":
            return [status_condition(target.id, (*succeeded, "skipped"))]
        return []

    def _skipped_by(self, node: StepNode, join: Join, demanded: list[Reachability]) -> int:
        causes = 0
        when = node.step.when
        if when is not None and when.strip() not in ("true", "True"):
            causes = self._bits[node]
        if join == "all_success" or (join == "none_failed" and all(reached.skipped_by for reached in demanded)):
            for reached in demanded:
                causes |= reached.skipped_by
        elif join in ("any_success", "any_failed"):
            causes |= self._bits[node]
        return causes

    # --- steps that never run

    def _is_dead_join(
        self, node: StepNode, join: Join, demanded: list[Reachability], inherited: PathConditions
    ) -> bool:
        demands = self.graph.demands(node)
        dead = [each for each, reached in zip(demands, demanded, strict=True) if reached.dead]
        if join == "all_success" and dead:
            self._report_unreachable(node, dead[0])
            return True
        if join in ("none_failed", "any_success") and dead and len(dead) == len(demands):
            self._report_unreachable(node, dead[0])
            return True
        if join != "all_success":
            return False
        conflict = _first_conflict(demanded)
        if conflict is None:
            return False
        sources = [inherited[condition] for condition in conflict]
        ways = [
            next(
                (each for each, reached in zip(demands, demanded, strict=True) if condition in reached.conditions),
                source,
            )
            for condition, source in zip(conflict, sources, strict=True)
        ]
        named = " and ".join(dict.fromkeys(f"{each.id} (when {each.step.when})" for each in sources))
        between = ", ".join(dict.fromkeys(each.id for each in ways))
        message = (
            f"{node.id} can never run: it needs {between}, but {named} exclude each other, "
            "so one of them is always skipped"
        )
        self._report_join(node, "flow.dead_join", message, "none_failed")
        return True

    def _report_condition(
        self,
        node: StepNode,
        conflict: tuple[PathCondition, PathCondition],
        before: PathConditions,
        own: PathConditions,
    ) -> None:
        """Report a condition that can never hold, or not together with earlier ones."""
        if conflict[0] is conflict[1] or all(condition in own for condition in conflict):
            self._report(
                node, "flow.unreachable", f"{node.id} never runs: its condition is never true", "when", "warning"
            )
            return
        by_status = next((condition for condition in conflict if "attr='status'" in condition.subject), None)
        if by_status is not None:
            message = (
                f"{node.id} can never run: with the join {node.step.join} it only runs after success, "
                "so its condition is never true"
            )
            self._report_join(node, "flow.dead_join", message, "all_done")
            return
        source = before[conflict[0]]
        other = f"{source.id} (when {source.step.when})"
        message = f"{node.id} never runs: its condition excludes that of {other}, which it needs"
        self._report(node, "flow.unreachable", message, "when", "warning")

    def _report_unreachable(self, node: StepNode, dead: StepNode) -> None:
        fixes: tuple[Fix, ...] = ()
        why = "never runs"
        if dead.step.disabled:
            why = "is disabled"
            fixes = (patches.remove(f"enable {dead.id}", dead.at("disabled")),)
        message = f"{node.id} never runs: it needs {dead.id}, which {why}"
        self._report(node, "flow.unreachable", message, None, "warning", fixes)

    def _report_join(self, node: StepNode, code: str, message: str, join: Join) -> None:
        written = "join" in node.raw
        fix = Fix(title=f'set "join": "{join}"', patch=[_join_operation(node, join)])
        pointer = node.at("join") if written else node.pointer
        self.found.append(
            Diagnostic(
                code,
                message,
                pointer if written else node.at("id"),
                step_id=node.id or None,
                field="join",
                fixes=(fix,),
            )
        )

    def _report(
        self,
        node: StepNode,
        code: str,
        message: str,
        field: str | None,
        severity: Severity,
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        pointer = node.at(field) if field and field in node.raw else node.at("id")
        self.found.append(
            Diagnostic(code, message, pointer, severity, step_id=node.id or None, field=field, fixes=fixes)
        )

    # --- reads of outputs that may be missing

    def _reads(
        self, node: StepNode, binding: Binding, expression: Expression, offset: int, reported: set[StepNode]
    ) -> None:
        for reference in expression.references:
            if reference.root != "steps" or len(reference.path) < 2 or reference.path[1] != "output" or reference.soft:
                continue
            target = self.scopes.visible(binding.body, str(reference.path[0]))
            if target is None or target in reported:
                continue
            reader = waiting_step(node, target.body)
            if target.body.kind == "main" and reader is None:
                self._read_in_finally(node, binding, reference, offset, target)
            elif reader is not None and reader is not target and not self.reachability.get(reader, Reachability()).dead:
                reported.add(target)
                self._read(reader, binding, reference, offset, target)

    def _read(self, reader: StepNode, binding: Binding, reference: Reference, offset: int, target: StepNode) -> None:
        join = reader.step.join
        reached = self.reachability.get(target, Reachability())
        if join == "all_success":
            if reached.skipped_by and not reached.dead:
                self._read_in_branch(reader, binding, reference, offset, target, reached)
            elif len(reference.path) > 2 and self._may_be_null(target):
                message = f"{target.id} may fail without ending the run; its output is then null"
                self._maybe(binding, reference, offset, "reference.maybe_null", message, "warning")
            return
        if reached.skipped_by:
            message = f"{target.id} may be skipped ({self._why(reached, target)}); its output is then missing"
        elif join in ("all_done", "any_failed", "any_success"):
            message = f"{target.id} may not have succeeded (the join is {join}); its output may then be missing"
        else:
            return
        self._maybe(binding, reference, offset, "reference.maybe_skipped", message, "warning")

    def _read_in_branch(
        self,
        reader: StepNode,
        binding: Binding,
        reference: Reference,
        offset: int,
        target: StepNode,
        reached: Reachability,
    ) -> None:
        """Report a read of a skippable step under `all_success`, if it rejoins a branch.

        With `all_success` the reader is skipped as well: intended inside a branch, rarely intended after it.
        """
        others = [each for each in self.graph.demands(reader) if each is not target]
        rejoins = any(
            reached.skipped_by & ~self.reachability.get(each, Reachability()).skipped_by
            and not self._leads_to(each, target)
            for each in others
        )
        if not rejoins and not reached.skipped_by & self._bits[target]:
            return
        message = f"{target.id} may be skipped ({self._why(reached, target)}); then {reader.id} is skipped too"
        join: Join = "none_failed" if others else "all_done"
        severity: Severity = "warning" if rejoins else "hint"
        more = [_join_operation(reader, join)]
        self._maybe(binding, reference, offset, "reference.maybe_skipped", message, severity, more)

    def _read_in_finally(
        self, node: StepNode, binding: Binding, reference: Reference, offset: int, target: StepNode
    ) -> None:
        message = f"finally also runs if {target.id} has not succeeded; its output may then be missing"
        self._maybe(binding, reference, offset, "reference.maybe_skipped", message, "hint")

    def _maybe(
        self,
        binding: Binding,
        reference: Reference,
        offset: int,
        code: str,
        message: str,
        severity: Severity,
        more: list[PatchOperation] | None = None,
    ) -> None:
        fix = with_default(binding, reference, offset, *(more or []))
        place = offset + reference.offset
        self.found.append(
            binding.diagnostic(code, message, severity, offset=place, length=reference.length, fixes=(fix,))
        )

    def _may_be_null(self, target: StepNode) -> bool:
        on_error = target.step.on_error or self.scopes.tree.workflow.defaults.on_error
        return on_error == "continue" and target.step.for_each is None

    def _leads_to(self, node: StepNode, target: StepNode) -> bool:
        """Return whether one step comes before another along demands: not a rejoin."""
        seen, waiting = {target}, [target]
        while waiting and len(seen) < 1_000:
            for edge in self.graph.of(waiting.pop()):
                if edge.target is node:
                    return True
                if edge.target not in seen:
                    seen.add(edge.target)
                    waiting.append(edge.target)
        return False

    def _why(self, reached: Reachability, target: StepNode) -> str:
        first = (reached.skipped_by & -reached.skipped_by).bit_length() - 1
        cause = target if reached.skipped_by & self._bits[target] else self._nodes[first]
        if cause.step.disabled:
            return f"{cause.id} is disabled" if cause is not target else "it is disabled"
        if cause.step.when is not None:
            return f"when {cause.step.when}" if cause is target else f"{cause.id} has a when"
        return f"its join is {cause.step.join}" if cause is target else f"{cause.id} may be skipped"


def _inherited(join: Join, demanded: list[Reachability]) -> PathConditions:
    """Return the conditions that hold when the join lets a step run."""
    if join == "all_success" and demanded:
        joined = demanded[0].conditions
        for reached in demanded[1:]:
            if reached.conditions and reached.conditions is not joined:
                joined = {**reached.conditions, **joined}
        return joined
    if join in ("none_failed", "any_success") and demanded:
        common = set(demanded[0].conditions).intersection(*(reached.conditions for reached in demanded[1:]))
        return {condition: source for condition, source in demanded[0].conditions.items() if condition in common}
    return {}


def _first_conflict(demanded: list[Reachability]) -> tuple[PathCondition, PathCondition] | None:
    """Return conditions of two steps that exclude each other, where both must hold."""
    known = demanded[0].conditions if demanded else {}
    for reached in demanded[1:]:
        if reached.conditions is not known:
            conflict = contradiction(known, [condition for condition in reached.conditions if condition not in known])
            if conflict is not None:
                return conflict
            known = {**known, **reached.conditions}
    return None


def _join_operation(node: StepNode, join: Join) -> PatchOperation:
    return PatchOperation(op="replace" if "join" in node.raw else "add", path=node.at("join"), value=join)
