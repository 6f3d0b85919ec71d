"""Workflow steps as graph nodes, shared by the canvas and the step list."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wftui.model.run.steps import StepInfo

CURRENT = ("running", "waiting", "failed")
"""Statuses of the current step, in order of precedence."""
LONGEST_CASE = 14
"""Characters of the condition of a case before the name of its first step in a list."""


@dataclass(frozen=True, slots=True)
class CanvasNode:
    """A step to show.

    Attributes:
        path: address of the step; id of the node.
        label: display name.
        type: step type.
        needs: paths of its dependencies.
        parent: path of the enclosing container.
        counted: the step repeats, so space for a counter such as `12/100` is reserved.
        pool: the pool of workers that runs it, if any.
        room: cells reserved for its detail.
        case: condition of the case that begins with it; `else` for a default.
        when: condition of the step itself.
    """

    path: str
    label: str
    type: str
    needs: tuple[str, ...] = ()
    parent: str | None = None
    counted: bool = False
    pool: str | None = None
    room: int = 0
    case: str = ""
    when: str = ""

    @property
    def kind(self) -> str:
        """Its type and its pool: `shell @build`."""
        return _in_pool(self.type, self.pool)

    @property
    def title(self) -> str:
        """Its label and its pool, where its kind is not shown."""
        return _in_pool(self.label, self.pool)

    @property
    def row_label(self) -> str:
        """Its label in a list, after the condition of its case."""
        return labelled(self.label, _short(self.case))

    @property
    def row_title(self) -> str:
        """`row_label` and its pool."""
        return _in_pool(self.row_label, self.pool)


def _in_pool(text: str, pool: str | None) -> str:
    return text if pool is None else f"{text} @{pool}"


def _short(condition: str) -> str:
    return condition if len(condition) <= LONGEST_CASE else f"{condition[: LONGEST_CASE - 1]}…"


def labelled(name: str, branch: str | None) -> str:
    """Return the label of a step, after the name of its branch or catch, or `finally`."""
    return f"{branch}: {name}" if branch else name


def nodes_from_steps(steps: Iterable[StepInfo], counted: Collection[str] = ()) -> list[CanvasNode]:
    """Return the nodes of declared steps; `counted` holds paths of repeating steps."""
    return [
        CanvasNode(
            path=step.path,
            label=labelled(step.step_name or step.step_id, step.branch),
            type=step.step_type,
            needs=tuple(step.needs),
            parent=step.parent,
            counted=step.path in counted or step.step_type == "loop",
            pool=step.pool,
        )
        for step in steps
    ]


def children_of(nodes: Iterable[CanvasNode]) -> dict[str | None, list[CanvasNode]]:
    """Group nodes by parent, in order; an unknown parent counts as none."""
    found = list(nodes)
    known = {node.path for node in found}
    inside: dict[str | None, list[CanvasNode]] = {}
    for node in found:
        inside.setdefault(node.parent if node.parent in known else None, []).append(node)
    return inside


def current_step_path(nodes: Sequence[CanvasNode], statuses: Mapping[str, str]) -> str | None:
    """Return the innermost running, waiting or failed step, else the first."""
    for word in CURRENT:
        found = [node for node in nodes if statuses.get(node.path) == word]
        holders = {node.parent for node in found}
        for node in found:
            if node.path not in holders:
                return node.path
    return nodes[0].path if nodes else None
