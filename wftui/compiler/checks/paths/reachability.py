"""The reachability of a step, as it follows from the steps that it needs."""

from dataclasses import field

from wftui.compiler.checks.paths.path_conditions import PathCondition, contradiction
from wftui.compiler.tree.nodes import StepNode
from wftui.model.data_class import dataclass
from wftui.model.workflow.compilation import PatchOperation
from wftui.model.workflow.containers import Join

PathConditions = dict[PathCondition, StepNode]


@dataclass(frozen=True, slots=True)
class Reachability:
    """The reachability of a step, as far as it is known before the run.

    Attributes:
        conditions: requirements for it to run, each with the first step that has it. Shared between steps, never
            changed.
        skipped_by: the steps that may cause its skip (itself for its own condition), as the bits of a number, one per
            id: sets of thousands of steps are joined at every step.
        dead: it never runs.
        why: the first cause of its skip, for those that read it.
    """

    conditions: PathConditions = field(default_factory=dict)
    skipped_by: int = 0
    dead: bool = False
    why: str = ""

    @property
    def as_read(self) -> tuple[int, bool, str]:
        """Return what matters to the steps that read its output."""
        return self.skipped_by, self.dead, self.why


ALWAYS = Reachability()


def own_reason(node: StepNode) -> str:
    """Return why others are skipped with a step that may be skipped by itself."""
    return f"{node.id} {'has a when' if node.step.when is not None else 'may be skipped'}"


def inherited_conditions(join: Join, demanded: list[Reachability]) -> PathConditions:
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


def first_conflict(demanded: list[Reachability]) -> tuple[PathCondition, PathCondition] | None:
    """Return conditions of two steps that exclude each other, where both must hold."""
    known = demanded[0].conditions if demanded else {}
    for reached in demanded[1:]:
        if reached.conditions is not known:
            conflict = contradiction(known, [condition for condition in reached.conditions if condition not in known])
            if conflict is not None:
                return conflict
            known = {**known, **reached.conditions}
    return None


def join_operation(node: StepNode, join: Join) -> PatchOperation:
    """Return the patch that sets the join of a step."""
    return PatchOperation(op="replace" if "join" in node.raw else "add", path=node.at("join"), value=join)
