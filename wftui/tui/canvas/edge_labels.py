"""Labels on edges: the conditions of cases and of steps."""

from collections.abc import Sequence

from wftui.model.data_class import dataclass
from wftui.tui.canvas.graph import CanvasNode


@dataclass(frozen=True, slots=True)
class EdgeLabel:
    """A text that edges lead to, and continue from.

    Attributes:
        id: of its place in the layout; never a path of a step.
        text: the condition.
        parent: path of the container it is in.
    """

    id: str
    text: str
    parent: str | None


def labels_and_edges(nodes: Sequence[CanvasNode]) -> tuple[list[EdgeLabel], list[tuple[str, str]]]:
    """Return the labels of a graph, and its edges by way of them.

    The edges into a step with a condition meet at its label. The steps that begin a case share the label of the case.
    """
    labels: dict[str, EdgeLabel] = {}
    edges: list[tuple[str, str]] = []

    def label(name: str, text: str, node: CanvasNode) -> str:
        place = labels.setdefault(f"?{name}", EdgeLabel(f"?{name}", text, node.parent))
        return place.id

    for node in nodes:
        sources = list(node.needs)
        if node.case:
            sources.append(label(f"{node.parent or ''} {node.case}", node.case, node))
        if node.when:
            place = label(f"{node.path} when", f"when {node.when}", node)
            edges += [(source, place) for source in sources]
            sources = [place]
        edges += [(source, node.path) for source in sources]
    return list(labels.values()), edges
