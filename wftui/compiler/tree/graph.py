"""The dependency graph of steps, from `needs`, references and order; topological."""

import heapq
from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from wftui.compiler.tree.nodes import Body, StepNode
from wftui.model.data_class import dataclass

EdgeKind = Literal["needs", "reference", "order"]


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` waits for `target`; the other fields locate the reason in the file.

    Attributes:
        reader: the step that the reason is in: `source`, or a step inside it.
        at: the pointer of the reason within that step, which moves.
    """

    source: StepNode
    target: StepNode
    kind: EdgeKind
    reader: StepNode
    at: str = ""
    offset: int = -1
    length: int = 1

    @property
    def pointer(self) -> str:
        """The pointer of the reason."""
        return self.reader.pointer + self.at

    @property
    def key(self) -> tuple[str, str, EdgeKind]:
        """Return what makes a difference to the order of steps, for any tree."""
        return self.source.pointer, self.target.pointer, self.kind


@dataclass(slots=True)
class Graph:
    """The edges of a workflow, by the step that waits."""

    edges: dict[StepNode, list[Edge]] = field(default_factory=dict)
    _orders: dict[Body, list[StepNode]] = field(default_factory=dict)

    def add(self, edge: Edge) -> None:
        """Add an edge; the first between two steps stays, but a demand replaces an order."""
        known = self.edges.setdefault(edge.source, [])
        for index, other in enumerate(known):
            if other.target is edge.target:
                if other.kind == "order" and edge.kind != "order":
                    known[index] = edge
                return
        known.append(edge)

    def replaced(self, new: Mapping[StepNode, StepNode]) -> "Graph":
        """Return this graph, and its order, with other nodes in the places of some.

        The edges from these nodes are left out.
        """
        edges = {node: known for node, known in self.edges.items() if node not in new}
        return Graph(edges, {body: [new.get(node, node) for node in order] for body, order in self._orders.items()})

    def of(self, node: StepNode) -> list[Edge]:
        """Return the edges of a step to those it waits for."""
        return self.edges.get(node, [])

    def demands(self, node: StepNode) -> list[StepNode]:
        """Return the steps it needs or refers to, in the order of the file."""
        return sorted((edge.target for edge in self.of(node) if edge.kind != "order"), key=lambda step: step.index)

    def order(self, body: Body) -> list[StepNode]:
        """Return the steps in topological order; ties keep the order of the file.

        Steps of a cycle come last. Call it once all edges are added.
        """
        if body not in self._orders:
            self._orders[body] = _ordered(body, self)
        return self._orders[body]

    def comes_after(self, node: StepNode) -> list[StepNode]:
        """Return the steps that only come first by the order of the list."""
        return [edge.target for edge in self.of(node) if edge.kind == "order"]


def cycles(body: Body, graph: Graph) -> list[list[Edge]]:
    """Return cycles in a list as edges; each step on a cycle is on one of them."""
    found: list[list[Edge]] = []
    if _is_in_order(body, graph):
        return found
    state: dict[StepNode, int] = {}
    for start in body.steps:
        if start in state:
            continue
        # Depth first, without recursion: a chain of 5,000 steps is deeper than Python's stack.
        trail: list[Edge] = []
        stack: list[tuple[StepNode, int]] = [(start, 0)]
        state[start] = 1
        while stack:
            node, position = stack.pop()
            edges = [edge for edge in graph.of(node) if edge.target.body is body and edge.target is not node]
            if position < len(edges):
                stack.append((node, position + 1))
                edge = edges[position]
                if edge.target not in state:
                    state[edge.target] = 1
                    trail.append(edge)
                    stack.append((edge.target, 0))
                elif state[edge.target] == 1:
                    first = next(i for i, each in enumerate([*trail, edge]) if each.source is edge.target)
                    found.append([*trail[first:], edge])
            else:
                state[node] = 2
                if trail:
                    trail.pop()
    return found


def _is_in_order(body: Body, graph: Graph) -> bool:
    """Return whether each step waits only for steps before it, as in most lists."""
    return not any(
        edge.target.index > node.index and edge.target.body is body for node in body.steps for edge in graph.of(node)
    )


def _ordered(body: Body, graph: Graph) -> list[StepNode]:
    if _is_in_order(body, graph):
        return list(body.steps)
    waiting: dict[StepNode, int] = {}
    followers: dict[StepNode, list[StepNode]] = {}
    for node in body.steps:
        targets = [edge.target for edge in graph.of(node) if edge.target.body is body and edge.target is not node]
        waiting[node] = len(targets)
        for target in targets:
            followers.setdefault(target, []).append(node)
    by_index = {node.index: node for node in body.steps}
    ready = [node.index for node in body.steps if not waiting[node]]
    heapq.heapify(ready)
    done: list[StepNode] = []
    while ready:
        node = by_index[heapq.heappop(ready)]
        done.append(node)
        for follower in followers.get(node, []):
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, follower.index)
    finished = set(done)
    return done + [node for node in body.steps if node not in finished]
