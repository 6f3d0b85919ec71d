"""The steps of a source as rows of the list and nodes of the canvas."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wftui.tui.canvas.graph import CanvasNode, labelled, nodes_from_steps

if TYPE_CHECKING:
    from wftui.compiler.editing.step_edits import ListedStep
    from wftui.compiler.editing.step_marks import StepMark
    from wftui.model.listing import WorkflowOutline


@dataclass(frozen=True, slots=True)
class RowLooks:
    """Properties of rows that the source does not have.

    Attributes:
        pools: by step id.
        needs: by path, as of the last source without errors.
        pinned: paths of steps with a pinned output.
    """

    pools: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pinned: frozenset[str] = frozenset()
    ascii_only: bool = False

    def marks(self, step: "ListedStep") -> "list[StepMark]":
        """Return the settings of a step."""
        from wftui.compiler.editing.step_marks import PINNED

        return [*([PINNED] if step.path in self.pinned else []), *step.marks]

    def signs(self, step: "ListedStep") -> str:
        """Return the settings of a step as signs."""
        return " ".join(each.ascii if self.ascii_only else each.sign for each in self.marks(step))


@dataclass(frozen=True, slots=True)
class StepRows:
    """Rows of the list and nodes of the canvas, for one source.

    Attributes:
        text: the source.
        steps: None if it is not valid JSON.
        signs: by path.
        listed: nodes of the list.
        graph: nodes of the canvas; None if the source has errors.
        outline: of a source without errors.
    """

    text: str
    looks: RowLooks
    steps: "list[ListedStep] | None"
    signs: Mapping[str, str] = field(default_factory=dict)
    listed: list[CanvasNode] = field(default_factory=list)
    graph: list[CanvasNode] | None = None
    outline: "WorkflowOutline | None" = None


def step_rows(text: str, looks: RowLooks, outline: "WorkflowOutline | None" = None) -> StepRows:
    """Return what list and canvas show of a source; the outline has its edges."""
    from wftui.compiler.editing.step_edits import listed_steps

    steps = listed_steps(text)
    if steps is None:
        return StepRows(text, looks, None)
    signs = {each.path: looks.signs(each) for each in steps}
    needs = looks.needs
    graph: list[CanvasNode] | None = None
    if outline is not None:
        graph = _graph(steps, signs, outline)
        needs = {node.path: node.needs for node in graph}
    listed = [
        CanvasNode(
            path=each.path,
            label=labelled(each.name, each.branch),
            type=each.type,
            parent=each.parent,
            case=each.case or "",
            when=each.when,
            room=len(signs[each.path]),
            pool=looks.pools.get(each.id),
            needs=needs.get(each.path, ()),
        )
        for each in steps
    ]
    return StepRows(text, looks, steps, signs, listed, graph, outline)


def _graph(steps: "list[ListedStep]", signs: Mapping[str, str], outline: "WorkflowOutline") -> list[CanvasNode]:
    """Return the nodes of the canvas, with the labels of the list."""
    known = {each.path: each for each in steps}
    cases = {_list_of(each): each.case for each in steps if each.case}
    nodes = []
    for node in nodes_from_steps([*outline.steps, *outline.repeated]):
        step = known.get(node.path)
        if step is not None:
            node = replace(
                node,
                label=labelled(step.name, step.branch),
                counted=False,
                room=len(signs[step.path]),
                case="" if node.needs else cases.get(_list_of(step), ""),
                when=step.when,
            )
        nodes.append(node)
    return nodes


def _list_of(step: "ListedStep") -> str:
    """Return the pointer of the list that a step is in."""
    return step.pointer.rpartition("/")[0]
