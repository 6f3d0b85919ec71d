"""Which steps can run at all, and which may be skipped: joins that never come true, reads of what may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wftui.compiler.checks.path_conditions import Fact, contradiction, facts_of_condition, status_fact
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
from wftui.model.workflow.definition import Join

MAX_FACTS = 32
"""Facts kept of one step; a chain of thousands of conditions would cost more than it tells."""


Facts = dict[Fact, StepNode]


@dataclass(frozen=True, slots=True)
class Fate:
    """What is known of a step before the run.

    Attributes:
        facts: what must hold for it to run, each with the step whose condition says so first. Shared between steps,
            never changed.
        skipped_by: the steps because of which it may be skipped (itself for its own condition), as the bits of a
            number, one per step of the file: sets of thousands of steps are joined at every step.
        dead: it never runs.
    """

    facts: Facts = field(default_factory=dict)
    skipped_by: int = 0
    dead: bool = False


class FlowChecker:
    """Follows the conditions of a workflow along its edges."""

    def __init__(self, scopes: Scopes, graph: Graph, bindings: Mapping[StepNode | None, list[Binding]]) -> None:
        self.scopes = scopes
        self.graph = graph
        self.bindings = bindings
        self.found: list[Diagnostic] = []
        self.fates: dict[StepNode, Fate] = {}
        self._nodes = list(scopes.tree.walk())
        self._bits = {node: 1 << index for index, node in enumerate(self._nodes)}

    def body(self, body: Body) -> None:
        """Check the steps of a list, those that come first, first."""
        for node in self.graph.order(body):
            self.fates[node] = self._fate(node)

    def readers(self, body: Body) -> None:
        """Check what the steps of a list read of steps that may be skipped; after all lists have their fates."""
        for node in body.steps:
            told: set[StepNode] = set()
            for binding in self.bindings.get(node, []):
                for expression, offset in binding.expressions:
                    self._reads(node, binding, expression, offset, told)

    # --- fates

    def _fate(self, node: StepNode) -> Fate:
        demands = self.graph.demands(node)
        fates = [self.fates.get(each, Fate()) for each in demands]
        join = node.step.join
        if node.step.disabled:
            return Fate(skipped_by=self._bits[node], dead=True)
        inherited = _inherited(join, fates)
        if self._is_dead_join(node, join, fates, inherited):
            return Fate(inherited, self._bits[node], True)
        own = self._own_facts(node)
        facts = inherited
        if own:
            status = {fact: node for each in demands for fact in self._status_facts(join, each)}
            conflict = contradiction([*inherited, *status], own)
            if conflict is not None:
                self._report_condition(node, conflict, {**status, **inherited}, own)
                return Fate(inherited, self._bits[node], True)
            facts = dict([*own.items(), *inherited.items()][:MAX_FACTS])
        return Fate(facts, self._skipped_by(node, join, fates))

    def _own_facts(self, node: StepNode) -> Facts:
        for binding in self.bindings.get(node, []):
            if binding.use == "when" and binding.expression is not None and binding.expression.tree is not None:
                return dict.fromkeys(facts_of_condition(binding.expression), node)
        return {}

    def _status_facts(self, join: Join, target: StepNode) -> list[Fact]:
        """What a join says of the status of a step that it waits for."""
        on_error = target.step.on_error or self.scopes.tree.workflow.defaults.on_error or "fail"
        succeeded = ("completed",) if on_error == "fail" else ("completed", "failed")
        if join == "all_success":
            return [status_fact(target.id, succeeded)]
        if join == "none_failed":
            return [status_fact(target.id, (*succeeded, "skipped"))]
        return []

    def _skipped_by(self, node: StepNode, join: Join, fates: list[Fate]) -> int:
        causes = 0
        when = node.step.when
        if when is not None and when.strip() not in ("true", "True"):
            causes = self._bits[node]
        if join == "all_success" or (join == "none_failed" and all(fate.skipped_by for fate in fates)):
            for fate in fates:
                causes |= fate.skipped_by
        elif join in ("any_success", "any_failed"):
            causes |= self._bits[node]
        return causes

    # --- steps that never run

    def _is_dead_join(self, node: StepNode, join: Join, fates: list[Fate], inherited: Facts) -> bool:
        demands = self.graph.demands(node)
        dead = [each for each, fate in zip(demands, fates, strict=True) if fate.dead]
        if join == "all_success" and dead:
            self._report_unreachable(node, dead[0])
            return True
        if join in ("none_failed", "any_success") and dead and len(dead) == len(demands):
            self._report_unreachable(node, dead[0])
            return True
        if join != "all_success":
            return False
        conflict = _first_conflict(fates)
        if conflict is None:
            return False
        sources = [inherited[fact] for fact in conflict]
        ways = [
            next((each for each, fate in zip(demands, fates, strict=True) if fact in fate.facts), source)
            for fact, source in zip(conflict, sources, strict=True)
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
        conflict: tuple[Fact, Fact],
        before: Facts,
        own: Facts,
    ) -> None:
        """The own condition can never hold, or not together with what led here."""
        if conflict[0] is conflict[1] or all(fact in own for fact in conflict):
            self._report(
                node, "flow.unreachable", f"{node.id} never runs: its condition is never true", "when", "warning"
            )
            return
        by_status = next((fact for fact in conflict if "attr='status'" in fact.subject), None)
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
        fix = Fix(title=f'make it "join": "{join}"', patch=[_join_operation(node, join)])
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

    # --- reads of what may not be there

    def _reads(
        self, node: StepNode, binding: Binding, expression: Expression, offset: int, told: set[StepNode]
    ) -> None:
        for reference in expression.references:
            if reference.root != "steps" or len(reference.path) < 2 or reference.path[1] != "output" or reference.soft:
                continue
            target = self.scopes.visible(binding.body, str(reference.path[0]))
            if target is None or target in told:
                continue
            reader = waiting_step(node, target.body)
            if target.body.kind == "main" and reader is None:
                self._read_in_finally(node, binding, reference, offset, target)
            elif reader is not None and reader is not target and not self.fates.get(reader, Fate()).dead:
                told.add(target)
                self._read(reader, binding, reference, offset, target)

    def _read(self, reader: StepNode, binding: Binding, reference: Reference, offset: int, target: StepNode) -> None:
        join = reader.step.join
        fate = self.fates.get(target, Fate())
        if join == "all_success":
            if fate.skipped_by and not fate.dead:
                self._read_in_branch(reader, binding, reference, offset, target, fate)
            elif len(reference.path) > 2 and self._may_be_null(target):
                message = f"{target.id} may fail and let the run go on; its output is null then"
                self._maybe(binding, reference, offset, "reference.maybe_null", message, "warning")
            return
        if fate.skipped_by:
            message = f"{target.id} may be skipped ({self._why(fate, target)}), and its output is missing then"
        elif join in ("all_done", "any_failed", "any_success"):
            message = f"{target.id} may not have succeeded (the join is {join}), and its output may be missing then"
        else:
            return
        self._maybe(binding, reference, offset, "reference.maybe_skipped", message, "warning")

    def _read_in_branch(
        self, reader: StepNode, binding: Binding, reference: Reference, offset: int, target: StepNode, fate: Fate
    ) -> None:
        """With `all_success` the reader is skipped along: what a branch wants, and what a step after it does not."""
        others = [each for each in self.graph.demands(reader) if each is not target]
        rejoins = any(
            fate.skipped_by & ~self.fates.get(each, Fate()).skipped_by and not self._leads_to(each, target)
            for each in others
        )
        if not rejoins and not fate.skipped_by & self._bits[target]:
            return
        message = f"{target.id} may be skipped ({self._why(fate, target)}); then {reader.id} is skipped too"
        join: Join = "none_failed" if others else "all_done"
        severity: Severity = "warning" if rejoins else "hint"
        more = [_join_operation(reader, join)]
        self._maybe(binding, reference, offset, "reference.maybe_skipped", message, severity, more)

    def _read_in_finally(
        self, node: StepNode, binding: Binding, reference: Reference, offset: int, target: StepNode
    ) -> None:
        message = f"finally runs even when {target.id} has not succeeded; its output may be missing then"
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
        """Whether one step comes before another along demands: then reading both is no rejoin."""
        seen, waiting = {target}, [target]
        while waiting and len(seen) < 1_000:
            for edge in self.graph.of(waiting.pop()):
                if edge.target is node:
                    return True
                if edge.target not in seen:
                    seen.add(edge.target)
                    waiting.append(edge.target)
        return False

    def _why(self, fate: Fate, target: StepNode) -> str:
        first = (fate.skipped_by & -fate.skipped_by).bit_length() - 1
        cause = target if fate.skipped_by & self._bits[target] else self._nodes[first]
        if cause.step.disabled:
            return f"{cause.id} is disabled" if cause is not target else "it is disabled"
        if cause.step.when is not None:
            return f"when {cause.step.when}" if cause is target else f"{cause.id} has a when"
        return f"its join is {cause.step.join}" if cause is target else f"{cause.id} may be"


def _inherited(join: Join, fates: list[Fate]) -> Facts:
    """The facts that hold when the join lets a step run."""
    if join == "all_success" and fates:
        joined = fates[0].facts
        for fate in fates[1:]:
            if fate.facts and fate.facts is not joined:
                joined = {**fate.facts, **joined}
        return joined
    if join in ("none_failed", "any_success") and fates:
        common = set(fates[0].facts).intersection(*(fate.facts for fate in fates[1:]))
        return {fact: source for fact, source in fates[0].facts.items() if fact in common}
    return {}


def _first_conflict(fates: list[Fate]) -> tuple[Fact, Fact] | None:
    """Facts of two steps that exclude each other, where both must hold."""
    known = fates[0].facts if fates else {}
    for fate in fates[1:]:
        if fate.facts is not known:
            conflict = contradiction(known, [fact for fact in fate.facts if fact not in known])
            if conflict is not None:
                return conflict
            known = {**known, **fate.facts}
    return None


def _join_operation(node: StepNode, join: Join) -> PatchOperation:
    return PatchOperation(op="replace" if "join" in node.raw else "add", path=node.at("join"), value=join)
