"""Layer assignment: the layer of each node, and dummy items of long edges."""

from collections.abc import Sequence
from dataclasses import dataclass, field

_BESIDE = 3
"""Cells between two nodes of a layer: a gap, and a line that passes."""


@dataclass(slots=True)
class Item:
    """An item of a layer: a node, or a dummy that carries a long edge.

    Attributes:
        node: index of the node; of the source node for a dummy.
        dummy: only edges pass; all edges of one node share one dummy per layer.
        width: width in cells.
        up, down: indices of linked items in the layers above and below.
        x: centre column.
    """

    node: int
    dummy: bool
    layer: int
    width: int
    up: list[int] = field(default_factory=list)
    down: list[int] = field(default_factory=list)
    x: int = 0

    @property
    def left(self) -> int:
        """First column."""
        return self.x - (self.width - 1) // 2

    @property
    def right(self) -> int:
        """Last column."""
        return self.left + self.width - 1


def acyclic(count: int, edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Remove duplicates, self-loops and back edges, in depth-first order."""
    children: list[list[int]] = [[] for _ in range(count)]
    for source, target in dict.fromkeys(edges):
        if source != target:
            children[source].append(target)
    kept: list[tuple[int, int]] = []
    fresh, open_, done = 0, 1, 2
    state = [fresh] * count
    for root in range(count):
        if state[root] != fresh:
            continue
        state[root] = open_
        stack = [(root, iter(children[root]))]
        while stack:
            node, rest = stack[-1]
            for child in rest:
                if state[child] == open_:
                    continue
                kept.append((node, child))
                if state[child] == fresh:
                    state[child] = open_
                    stack.append((child, iter(children[child])))
                    break
            else:
                state[node] = done
                stack.pop()
    return kept


def ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Assign each node to a layer so that the drawing is compact.

    Longest path from the top, then each node moves down while that shortens the edges. The outgoing edges of a node
    share a trunk: moving down by a layer saves one row of trunk below, and costs one for each parent whose trunk grows.
    """
    parents: list[list[int]] = [[] for _ in range(count)]
    children: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        parents[target].append(source)
        children[source].append(target)
    order = _topological(parents, children)
    rank = [0] * count
    for node in order:
        rank[node] = max((rank[parent] + 1 for parent in parents[node]), default=0)
    for node in reversed(order):
        if not children[node]:
            continue
        lowest = min(rank[child] for child in children[node]) - 1
        while rank[node] < lowest:
            grows = sum(1 for p in parents[node] if max(rank[c] for c in children[p]) == rank[node])
            if grows >= 1:
                break
            rank[node] += 1
    return rank


def narrowed(rank: Sequence[int], widths: Sequence[int], most: int) -> list[int]:
    """Divide layers that are wider than `most` cells into several, below each other."""
    order = sorted(range(len(rank)), key=lambda node: rank[node])
    narrow, layer, used = [0] * len(rank), -1, 0
    for place, node in enumerate(order):
        begins = place == 0 or rank[node] != rank[order[place - 1]]
        if begins or used + widths[node] > most:
            layer, used = layer + 1, 0
        narrow[node] = layer
        used += widths[node] + _BESIDE
    return narrow


def _topological(parents: Sequence[Sequence[int]], children: Sequence[Sequence[int]]) -> list[int]:
    missing = [len(found) for found in parents]
    order = [node for node, number in enumerate(missing) if number == 0]
    for node in order:
        for child in children[node]:
            missing[child] -= 1
            if missing[child] == 0:
                order.append(child)
    return order


def make_items(widths: Sequence[int], rank: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[Item]:
    """Return nodes by index, then the dummies of edges longer than one layer."""
    items = [Item(node, False, rank[node], width) for node, width in enumerate(widths)]
    trunks: dict[int, list[int]] = {}
    for source, target in edges:
        trunk = trunks.setdefault(source, [source])
        while len(trunk) < rank[target] - rank[source]:
            items.append(Item(source, True, rank[source] + len(trunk), 1))
            items[trunk[-1]].down.append(len(items) - 1)
            items[-1].up.append(trunk[-1])
            trunk.append(len(items) - 1)
        above = trunk[rank[target] - rank[source] - 1]
        items[above].down.append(target)
        items[target].up.append(above)
    return items
