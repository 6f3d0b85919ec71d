"""Reachability of steps: joins that never come true, reads of skipped outputs."""

from collections.abc import Iterable, Iterator, Mapping, Set

from wftui.compiler.checks.paths.path_conditions import (
    PathCondition,
    conditions_of_expression,
    contradiction,
    status_condition,
)
from wftui.compiler.checks.paths.reachability import (
    ALWAYS,
    PathConditions,
    Reachability,
    first_conflict,
    inherited_conditions,
    join_operation,
    own_reason,
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
from wftui.model.workflow.compilation import Fix, PatchOperation, Severity
from wftui.model.workflow.containers import Join

MAX_CONDITIONS = 32
"""Conditions kept per step: a chain of thousands would cost more than it finds."""


_SPARE_BITS = 100


class FlowChecker:
    """Checker of reachability: follows the conditions of a workflow along its edges.

    Attributes:
        unreachable: diagnostics of steps that never run.
        searched: readers whose diagnostics depend on edges of other steps.
    """

    def __init__(self, scopes: Scopes, graph: Graph, bindings: Mapping[StepNode | None, list[Binding]]) -> None:
        self.scopes = scopes
        self.graph = graph
        self.bindings = bindings
        self.found: list[Diagnostic] = []
        self.unreachable: dict[StepNode, list[Diagnostic]] = {}
        self.reachability: dict[StepNode, Reachability] = {}
        self.searched: set[StepNode] = set()
        self._bits: dict[str, int] = {}

    def body(self, body: Body) -> None:
        """Check the steps of a list in order."""
        for node in self.graph.order(body):
            self._reach(node)

    def can_recheck(self) -> bool:
        """Return whether few of the ids that it has numbered were removed."""
        return len(self._bits) < 2 * len(self.reachability) + _SPARE_BITS

    def recheck(
        self, before: "FlowChecker", bodies: Iterable[Body], same: Mapping[StepNode, StepNode], changed: Set[StepNode]
    ) -> set[StepNode]:
        """Check the steps that a change concerns.

        It is followed along the edges, as far as it makes a difference.

        Args:
            same: new steps with equal flow keys, with those in their places before.
            changed: steps with other flow keys, or other edges.

        Returns:
            The steps whose reachability is another one to those that read them.
        """
        self._bits, self.searched = before._bits, before.searched
        known, unreachable = before.reachability, before.unreachable
        earlier = {node.id: reached for node, reached in known.items()} if changed else {}
        affected, other = set(changed), set[StepNode]()
        for body in bodies:
            for node in self.graph.order(body):
                old = same.get(node, node)
                if node not in changed and not (affected and self._follows(node, affected)):
                    self.reachability[node] = known[old]
                    if old in unreachable:
                        self.unreachable[node] = unreachable[old]
                    continue
                reached, reached_before = self._reach(node), earlier.get(node.id)
                if reached != reached_before:
                    affected.add(node)
                    if reached_before is None or reached.as_read != reached_before.as_read:
                        other.add(node)
        self.searched.intersection_update(self.reachability)
        return other

    def _follows(self, node: StepNode, others: Set[StepNode]) -> bool:
        for edge in self.graph.of(node):  # noqa: SIM110  (asked of each step: a generator takes twice as long)
            if edge.kind != "order" and edge.target in others:
                return True
        return False

    def readers(self, nodes: Iterable[StepNode], others: Set[StepNode], changed: Set[StepNode]) -> Iterator[StepNode]:
        """Yield the steps whose reads depend on some others.

        Args:
            others: steps with another reachability.
            changed: steps that may have other edges.
        """
        waiting = {node for node in self.reachability if node in changed or node in others}
        if others:
            waiting.update(node for node in self.reachability if self._follows(node, others))
        for node in nodes:
            around: StepNode | None = node
            while around is not None and around not in waiting:
                around = around.body.owner
            if around is not None or (changed and node in self.searched):
                yield node

    def reader(self, node: StepNode) -> list[Diagnostic]:
        """Return the diagnostics of a step's reads of steps that may be skipped.

        It needs the reachability of all lists.
        """
        self.found = []
        self.searched.discard(node)
        reported: set[StepNode] = set()
        for binding in self.bindings.get(node, []):
            for expression, offset in binding.expressions:
                self._reads(node, binding, expression, offset, reported)
        return self.found

    # --- fates

    def _reach(self, node: StepNode) -> Reachability:
        """Note the reachability of a step, after those it waits for."""
        self.found = []
        reached = self.reachability[node] = self._reachability(node)
        if self.found:
            self.unreachable[node] = self.found
        return reached

    def _bit(self, node: StepNode) -> int:
        """Return the bit of a step: that of its id, which outlives edits."""
        return self._bits.setdefault(node.id or node.pointer, 1 << len(self._bits))

    def _reachability(self, node: StepNode) -> Reachability:
        demands = self.graph.demands(node)
        demanded = [self.reachability.get(each, ALWAYS) for each in demands]
        join = node.step.join
        if node.step.disabled:
            return Reachability(skipped_by=self._bit(node), dead=True, why=f"{node.id} is disabled")
        inherited = inherited_conditions(join, demanded)
        if self._is_dead_join(node, join, demanded, inherited):
            return Reachability(inherited, self._bit(node), True, own_reason(node))
        own = self._own_conditions(node)
        conditions = inherited
        if own:
            status = {condition: node for each in demands for condition in self._status_conditions(join, each)}
            conflict = contradiction([*inherited, *status], own)
            if conflict is not None:
                self._report_condition(node, conflict, {**status, **inherited}, own)
                return Reachability(inherited, self._bit(node), True, own_reason(node))
            conditions = dict([*own.items(), *inherited.items()][:MAX_CONDITIONS])
        causes = self._skipped_by(node, join, demanded)
        if causes and causes & self._bit(node):
            why = own_reason(node)
        else:
            why = next((reached.why for reached in demanded if reached.skipped_by), "") if causes else ""
        return Reachability(conditions, causes, why=why)

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
            causes = self._bit(node)
        if join == "all_success" or (join == "none_failed" and all(reached.skipped_by for reached in demanded)):
            for reached in demanded:
                causes |= reached.skipped_by
        elif join in ("any_success", "any_failed"):
            causes |= self._bit(node)
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
        conflict = first_conflict(demanded)
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
            self._report(node, "flow.unreachable", f"{node.id} never runs: its condition is never true", "when")
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
        self._report(node, "flow.unreachable", message, "when")

    def _report_unreachable(self, node: StepNode, dead: StepNode) -> None:
        fixes: tuple[Fix, ...] = ()
        why = "never runs"
        if dead.step.disabled:
            why = "is disabled"
            fixes = (patches.remove(f"enable {dead.id}", dead.at("disabled")),)
        message = f"{node.id} never runs: it needs {dead.id}, which {why}"
        self._report(node, "flow.unreachable", message, None, fixes)

    def _report_join(self, node: StepNode, code: str, message: str, join: Join) -> None:
        written = "join" in node.raw
        fix = Fix(title=f'set "join": "{join}"', patch=[join_operation(node, join)])
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

    def _report(self, node: StepNode, code: str, message: str, field: str | None, fixes: tuple[Fix, ...] = ()) -> None:
        """Report a step that never runs."""
        pointer = node.at(field) if field and field in node.raw else node.at("id")
        self.found.append(
            Diagnostic(code, message, pointer, "warning", step_id=node.id or None, field=field, fixes=fixes)
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
            elif reader is not None and reader is not target and not self.reachability.get(reader, ALWAYS).dead:
                reported.add(target)
                self._read(reader, binding, reference, offset, target)

    def _read(self, reader: StepNode, binding: Binding, reference: Reference, offset: int, target: StepNode) -> None:
        join = reader.step.join
        reached = self.reachability.get(target, ALWAYS)
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
        if others and binding.node is not None:
            self.searched.add(binding.node)
        rejoins = any(
            reached.skipped_by & ~self.reachability.get(each, ALWAYS).skipped_by and not self._leads_to(each, target)
            for each in others
        )
        if not rejoins and not reached.skipped_by & self._bit(target):
            return
        message = f"{target.id} may be skipped ({self._why(reached, target)}); then {reader.id} is skipped too"
        join: Join = "none_failed" if others else "all_done"
        severity: Severity = "warning" if rejoins else "hint"
        more = [join_operation(reader, join)]
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
        if not reached.skipped_by & self._bit(target):
            return reached.why
        if target.step.disabled:
            return "it is disabled"
        return f"when {target.step.when}" if target.step.when is not None else f"its join is {target.step.join}"
