"""Layered layout of a graph with nested frames; deterministic."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wftui.tui.canvas.layout import layers, ordering, placement, routing
from wftui.tui.canvas.layout.line_grid import LineGrid, add_horizontal, add_vertical, merge

Point = tuple[int, int]
"""Column and row."""
Edge = tuple[str, str]

FRAME_X = 2
"""Horizontal padding inside a frame."""
FRAME_Y = 1
_SHARES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
"""Shares of the room that nodes may take in a narrow drawing; lines beside them take the rest."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node to lay out; `parent` is the id of the enclosing node."""

    id: str
    label: str
    icon: str = ""
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """The area of a node, in cells.

    `frame` is set for containers; `depth` is the nesting level.
    """

    x: int
    y: int
    width: int
    height: int
    depth: int = 0
    frame: bool = False

    @property
    def right(self) -> int:
        """First column to the right."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below."""
        return self.y + self.height

    def contains(self, x: int, y: int) -> bool:
        """Return whether a cell is inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom


@dataclass(slots=True)
class Layout:
    """A laid-out graph.

    Attributes:
        width, height: size in cells.
        boxes: area of each node.
        paths: corner points of each edge, from the cell below its source to the cell above its target.
        lines: lines of all edges.
    """

    width: int = 0
    height: int = 0
    boxes: dict[str, Box] = field(default_factory=dict)
    paths: dict[Edge, tuple[Point, ...]] = field(default_factory=dict)
    lines: LineGrid = field(default_factory=dict)


def layout(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    *,
    width_of: Callable[[Node], int],
    height_of: Callable[[Node], int] = lambda _: 1,
    room: int | None = None,
) -> Layout:
    """Lay out a graph from top to bottom.

    Nodes with a parent are drawn inside its frame, whose first row is the parent's title. An edge between frames
    connects the sibling frames or nodes that contain its ends. Edges to unknown nodes, self-loops and edges that close
    a cycle are ignored.

    Args:
        nodes: nodes with unique ids; an unknown parent counts as none.
        edges: pairs of ids, source first.
        width_of: width of a node; for a frame, of its title.
        height_of: rows of a node that is not a frame.
        room: columns to keep to, if more layers than the edges need make that possible.
    """
    known = {node.id: node for node in nodes}
    inside: dict[str | None, list[Node]] = {}
    for node in nodes:
        inside.setdefault(node.parent if node.parent in known else None, []).append(node)
    between: dict[str | None, list[Edge]] = {}
    for source, target in edges:
        if source in known and target in known and (lifted := _lift(known, source, target)):
            home = known[lifted[0]].parent
            between.setdefault(home if home in known else None, []).append(lifted)
    found = _scope(None, 0, inside, between, width_of, height_of, None)
    if room is not None and found.width > room:
        for share in _SHARES:
            narrow = _scope(None, 0, inside, between, width_of, height_of, int(room * share))
            if narrow.width <= room:
                return narrow
    return found


def _lift(known: Mapping[str, Node], source: str, target: str) -> Edge | None:
    """Return the siblings that contain the two ends; None if one contains the other."""
    above, below = list(_ancestry(known, source)), list(_ancestry(known, target))
    while above and below and above[-1] == below[-1]:
        above.pop()
        below.pop()
    return (above[-1], below[-1]) if above and below else None


def _ancestry(known: Mapping[str, Node], id_: str) -> Iterator[str]:
    current: str | None = id_
    while current is not None and current in known:
        yield current
        current = known[current].parent


def _scope(
    home: str | None,
    depth: int,
    inside: Mapping[str | None, Sequence[Node]],
    between: Mapping[str | None, Sequence[Edge]],
    width_of: Callable[[Node], int],
    height_of: Callable[[Node], int],
    most: int | None,
) -> Layout:
    """Lay out the nodes of one frame at (0, 0), including nested frames.

    Args:
        most: cells of the widest layer, if it has several nodes.
    """
    nodes = inside.get(home, ())
    index = {node.id: number for number, node in enumerate(nodes)}
    contents = {
        number: _scope(node.id, depth + 1, inside, between, width_of, height_of, most and most - 2 * FRAME_X)
        for number, node in enumerate(nodes)
        if node.id in inside
    }
    widths = [width_of(node) for node in nodes]
    heights = [height_of(node) for node in nodes]
    for number, content in contents.items():
        widths[number] = max(widths[number], content.width + 2 * FRAME_X)
        heights[number] = content.height + 2 * FRAME_Y
    links = layers.acyclic(len(nodes), [(index[source], index[target]) for source, target in between.get(home, ())])
    rank = layers.ranks(len(nodes), links)
    items = layers.make_items(widths, rank if most is None else layers.narrowed(rank, widths, most), links)
    order = ordering.order(items)
    placement.assign_columns(items, order)
    rows = _ScopeRows(items, order, heights)
    found = Layout(width=rows.width, height=rows.height, lines=rows.lines())
    for number, node in enumerate(nodes):
        box = Box(
            items[number].left + rows.left,
            rows.top[items[number].layer],
            widths[number],
            heights[number],
            depth,
            number in contents,
        )
        found.boxes[node.id] = box
        if number in contents:
            content = contents[number]
            _insert(found, content, box.x + (box.width - content.width) // 2, box.y + FRAME_Y)
    for source, target in links:
        found.paths[nodes[source].id, nodes[target].id] = rows.path(source, target)
    return found


def _insert(outer: Layout, inner: Layout, dx: int, dy: int) -> None:
    for id_, box in inner.boxes.items():
        outer.boxes[id_] = Box(box.x + dx, box.y + dy, box.width, box.height, box.depth, box.frame)
    for edge, points in inner.paths.items():
        outer.paths[edge] = tuple((x + dx, y + dy) for x, y in points)
    merge(outer.lines, inner.lines, dx, dy)


class _ScopeRows:
    """Rows of one scope: layers, the channels between them, and their lines."""

    def __init__(self, items: Sequence[layers.Item], order: Sequence[Sequence[int]], heights: Sequence[int]) -> None:
        self._items = items
        self._heights = heights
        self._channels = [routing.route(items, upper, lower) for upper, lower in itertools.pairwise(order)]
        self._starts = [channel.starts() for channel in self._channels]
        self.top: list[int] = []
        """First row of each layer."""
        self._below: list[int] = []
        """First row below each layer."""
        row = 0
        for number, layer in enumerate(order):
            self.top.append(row)
            row += max(heights[items[item].node] if not items[item].dummy else 0 for item in layer)
            self._below.append(row)
            if number < len(self._channels):
                row += max(1, self._channels[number].tracks)
        self.height = row
        columns = [column for channel in self._channels for net in channel.nets for column in net.span]
        # Lines may run outside the outermost nodes.
        self.left = -min(0, min(columns, default=0))
        self.width = self.left + 1 + max((item.right for item in items), default=-1)
        self.width = max(self.width, self.left + 1 + max(columns, default=-1))

    def path(self, source: int, target: int) -> tuple[Point, ...]:
        """Return the corner points from below one node to above another."""
        points: list[Point] = []
        current = source
        while current != target:
            item = self._items[current]
            ahead = target if target in item.down else next(n for n in item.down if self._continues(n, source))
            points.extend(self._link(current, ahead))
            current = ahead
        return _corners(points)

    def _continues(self, item: int, source: int) -> bool:
        return self._items[item].dummy and self._items[item].node == source

    def _link(self, upper: int, lower: int) -> list[Point]:
        layer = self._items[upper].layer
        net = next(net for net in self._starts[layer][upper] if lower in net.parts[-1].bottoms)
        return self._run(layer, net, upper, lower)

    def _run(self, layer: int, net: routing.Net, upper: int, lower: int) -> list[Point]:
        """Return the corner points through a channel, from upper to lower item."""
        parts = net.parts
        start, end = net.tops[upper], parts[-1].bottoms[lower]
        points = [(start, self._bottom(upper))]
        for part in parts:
            if part.track >= 0:
                row = self._below[layer] + part.track
                points.append((points[-1][0], row))
                points.append((end if part.next is None else next(iter(part.bottoms.values())), row))
        points.append((end, self.top[layer + 1] - 1))
        return [(x + self.left, y) for x, y in points]

    def _bottom(self, item: int) -> int:
        """Return the row in which the lines of an item begin."""
        found = self._items[item]
        return self.top[found.layer] + (0 if found.dummy else self._heights[found.node])

    def lines(self) -> LineGrid:
        """Return the lines of all edges."""
        grid: LineGrid = {}
        for layer, channel in enumerate(self._channels):
            entry = {id(net.next): net for net in channel.nets if net.next is not None}
            for net in channel.nets:
                lines: LineGrid = {}
                self._draw(lines, layer, net, entry.get(id(net)))
                merge(grid, lines, self.left)
        return grid

    def _draw(self, lines: LineGrid, layer: int, net: routing.Net, before: routing.Net | None) -> None:
        """Draw one part of a net: down to its track, along it, and down again."""
        first, last = self._below[layer], self.top[layer + 1] - 1
        row = first + net.track
        if net.straight:
            for upper, column in net.tops.items():
                add_vertical(lines, column, self._bottom(upper), last, open_start=True, open_end=True)
            return
        low, high = net.span
        add_horizontal(lines, row, low, high)
        for upper, column in net.tops.items():
            start = self._bottom(upper) if before is None else first + before.track
            add_vertical(lines, column, start, row, open_start=before is None)
        for column in net.bottoms.values():
            end = last if net.next is None else first + net.next.track
            add_vertical(lines, column, row, end, open_end=net.next is None)


def _corners(points: Sequence[Point]) -> tuple[Point, ...]:
    """Remove duplicate and collinear points."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept[-1] = point
        else:
            kept.append(point)
    return tuple(kept)
