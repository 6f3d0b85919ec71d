"""Graph drawing: nodes as pills or boxes, frames around containers, edges."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Literal

from rich.cells import cell_len

from wftui.tui.canvas.drawing import node_renderer as node_renderer
from wftui.tui.canvas.drawing.cells import Cells
from wftui.tui.canvas.drawing.scene import Direction, Scene
from wftui.tui.canvas.edge_labels import EdgeLabel, labels_and_edges
from wftui.tui.canvas.graph import CanvasNode, children_of
from wftui.tui.canvas.layout.layered import Box, Edge, Layout, Node, layout
from wftui.tui.canvas.layout.line_grid import LineGrid, line_character, trace_path

Detail = Literal["box", "pill"]

LONGEST_LABEL = {"box": 28, "pill": 24}
COUNTER = 10
"""Cells reserved for the counter of a repeating step: a space and `1234/5678`."""
HEIGHT = {"box": 4, "pill": 1}


class GraphDrawing:
    """A laid-out graph that can draw any of its rows."""

    head = 0

    def __init__(self, nodes: Sequence[CanvasNode], detail: Detail, room: int | None = None) -> None:
        """Lay out a graph, in a number of columns if that is possible."""
        self.detail = detail
        self._nodes = {node.path: node for node in nodes}
        self._containers = children_of(nodes)
        labels, edges = labels_and_edges(nodes)
        self._labels = {label.id: label for label in labels}
        self.layout: Layout = layout(
            [
                *(Node(node.path, node.label, node.type, node.parent) for node in nodes),
                *(Node(label.id, label.text, parent=label.parent) for label in labels),
            ],
            edges,
            width_of=lambda node: self._width(node.id),
            height_of=lambda node: 1 if node.id in self._labels else HEIGHT[detail],
            room=room,
        )
        self.width, self.height = self.layout.width, self.layout.height
        self._boxes = {path: box for path, box in self.layout.boxes.items() if path in self._nodes}
        self._frames: list[str] = []
        self._leaves: dict[int, list[tuple[int, str]]] = {}
        self._texts: dict[int, list[tuple[EdgeLabel, Box]]] = {}
        self._index()
        self._out: dict[str, list[str]] = {}
        self._into: dict[str, list[str]] = {}
        for source, target in self.layout.paths:
            self._out.setdefault(source, []).append(target)
            self._into.setdefault(target, []).append(source)
        self._below: dict[str, list[str]] = {}
        self._above: dict[str, list[str]] = {}
        for source, target in self.edges:
            self._below.setdefault(source, []).append(target)
            self._above.setdefault(target, []).append(source)
        self._lit_for: str | None = None
        self._lit: LineGrid = {}

    @property
    def edges(self) -> list[Edge]:
        """The edges between steps that are drawn, with a label or without."""
        found: list[Edge] = []
        for source in self._nodes:
            ahead = list(self._out.get(source, ()))
            for target in ahead:
                if target in self._nodes:
                    found.append((source, target))
                else:
                    ahead += self._out.get(target, ())
        return list(dict.fromkeys(found))

    def _width(self, id_: str) -> int:
        label = self._labels.get(id_)
        if label is not None:
            return max(5, min(cell_len(label.text), LONGEST_LABEL[self.detail]) + 2)
        return self._step_width(self._nodes[id_])

    def _step_width(self, node: CanvasNode) -> int:
        text = node.label if self.detail == "box" and node.path not in self._containers else node.title
        label = min(cell_len(text), LONGEST_LABEL[self.detail]) + max(
            COUNTER if node.counted else 0, node.room and node.room + 1
        )
        if node.path in self._containers:
            return label + 6
        if self.detail == "pill":
            return label + 4
        return max(label, min(cell_len(node.kind) + 10, LONGEST_LABEL["box"])) + 6

    def _index(self) -> None:
        for name, label in self._labels.items():
            box = self.layout.boxes[name]
            self._texts.setdefault(box.y, []).append((label, box))
        for path, box in self._boxes.items():
            if box.frame:
                self._frames.append(path)
            else:
                for row in range(box.y, box.bottom):
                    self._leaves.setdefault(row, []).append((box.x, path))
        self._frames.sort(key=lambda path: self._boxes[path].depth)
        for leaves in self._leaves.values():
            leaves.sort()

    def box(self, path: str) -> Box | None:
        """Return the area of a step."""
        return self._boxes.get(path)

    def glyph_at(self, path: str) -> tuple[int, int] | None:
        """Return column and row of a step's status glyph."""
        box = self._boxes.get(path)
        if box is None:
            return None
        if box.frame:
            return box.x + 2, box.y
        return (box.x + 1, box.y) if self.detail == "pill" else (box.x + 2, box.y + 1)

    def step_at(self, x: int, y: int) -> str | None:
        """Return the innermost step at a cell."""
        leaf = self._leaf(x, y)
        if leaf is not None:
            return leaf
        return next((path for path in reversed(self._frames) if self._boxes[path].contains(x, y)), None)

    def _leaf(self, x: int, y: int) -> str | None:
        row = self._leaves.get(y, [])
        number = bisect_right(row, x, key=lambda entry: entry[0]) - 1
        if number >= 0 and self._boxes[row[number][1]].contains(x, y):
            return row[number][1]
        return None

    def affected_rows(self, path: str) -> set[int]:
        """Return the rows of a step and of its incoming and outgoing edges."""
        box = self._boxes.get(path)
        if box is None:
            return set()
        return {*range(box.y, box.bottom), *self._edges_at(path)}

    def gutter_rows(self, path: str) -> set[int]:
        """Return no rows: the edges are in the drawing itself."""
        return set()

    def _edges_at(self, path: str | None) -> LineGrid:
        """Return the lines of a step's edges; caches the last result."""
        if path != self._lit_for:
            self._lit_for, self._lit = path, {}
            if path is not None:
                for edge in self._parts(path):
                    for y, row in trace_path(self.layout.paths[edge]).items():
                        known = self._lit.setdefault(y, {})
                        for x, sides in row.items():
                            known[x] = known.get(x, 0) | sides
        return self._lit

    def _parts(self, path: str) -> list[Edge]:
        """Return the drawn parts of the edges of a step, those beyond labels too."""
        found: list[Edge] = []
        above, below = [path], [path]
        for here in below:
            found += [(here, other) for other in self._out.get(here, ())]
            below += [other for other in self._out.get(here, ()) if other in self._labels]
        for here in above:
            found += [(other, here) for other in self._into.get(here, ())]
            above += [other for other in self._into.get(here, ()) if other in self._labels]
        return found

    def neighbour(self, path: str, direction: Direction) -> str | None:
        """Return the next step along the edges, or beside this one."""
        box = self._boxes.get(path)
        if box is None:
            return None
        if direction == "down":
            inner = [node.path for node in self._containers.get(path, ()) if not self._above.get(node.path)]
            return self._nearest(box, inner or self._onwards(path)) or self._beyond(box, direction)
        if direction == "up":
            found = self._nearest(box, self._above.get(path, ()))
            return found or self._frame_of(path) or self._beyond(box, direction)
        by = 1 if direction == "right" else -1
        beyond = self._beyond(box, direction)
        if beyond is not None and self._nodes[beyond].parent == self._nodes[path].parent:
            return self._alike(path, by, overlapping=True) or beyond
        return self._alike(path, by, overlapping=False) or beyond or self._read_on(path, by)

    def _alike(self, path: str, by: int, *, overlapping: bool) -> str | None:
        """Return the next step of this frame that follows the same steps.

        A label may have moved it down, below its neighbours.
        """
        box, parent, above = self._boxes[path], self._nodes[path].parent, {*self._above.get(path, ())}
        beside = [
            (by * (other.x - box.x), each)
            for each, other in self._boxes.items()
            if by * (other.x - box.x) > 0
            and (not overlapping or (box.x < other.right and other.x < box.right))
            and self._nodes[each].parent == parent
            and {*self._above.get(each, ())} == above
        ]
        return min(beside)[1] if beside else None

    def _read_on(self, path: str, by: int) -> str | None:
        """Return the next step in reading order, as at the end of a row."""
        order = sorted(self._boxes, key=lambda each: (self._boxes[each].y, self._boxes[each].x))
        place = order.index(path) + by
        return order[place] if 0 <= place < len(order) else None

    def _frame_of(self, path: str) -> str | None:
        parent = self._nodes[path].parent
        return parent if parent in self._boxes else None

    def _onwards(self, path: str) -> Sequence[str]:
        """Return the steps after this one, or those after its frame."""
        current: str | None = path
        while current is not None:
            if found := self._below.get(current):
                return found
            current = self._frame_of(current)
        return ()

    def _nearest(self, box: Box, paths: Iterable[str]) -> str | None:
        """Return the nearest node of the nearest layer, so that arrows skip no layer."""
        boxes = self._boxes

        def rank(path: str) -> tuple[int, int, int]:
            other = boxes[path]
            away = box.y - other.bottom if other.y < box.y else other.y - box.y
            return away, abs(_middle(other) - _middle(box)), other.x

        return min(paths, key=rank, default=None)

    def _beyond(self, box: Box, direction: Direction) -> str | None:
        """Return the nearest step in a direction, by position alone."""
        best: tuple[int, int, str] | None = None
        for path, other in self._boxes.items():
            if direction in ("left", "right"):
                away = box.x - other.right if direction == "left" else other.x - box.right
                off = max(other.y - box.bottom + 1, box.y - other.bottom + 1, 0)
                if off and (other.frame or other.depth != box.depth):
                    continue
                rank = (away + 6 * off, off, path)
            else:
                away = box.y - other.bottom if direction == "up" else other.y - box.bottom
                rank = (away, abs(_middle(other) - _middle(box)), path)
            if away >= 0 and (best is None or rank < best):
                best = rank
        return best[2] if best else None

    def draw_head(self, cells: Cells, scene: Scene) -> None:
        """Draw nothing: a graph has no columns."""

    def draw(self, y: int, cells: Cells, scene: Scene) -> None:
        """Draw the visible part of a row: edges, frames, then steps."""
        start, end = cells.start, cells.start + cells.width
        for path in self._frames:
            box = self._boxes[path]
            if box.y <= y < box.bottom and box.x < end and box.right > start:
                node_renderer.draw_frame(cells, scene, self._nodes[path], box, y, self.layout.lines)
        highlighted = self._edges_at(scene.cursor).get(y, {})
        lines = self.layout.lines.get(y, {})
        for x in range(start, end) if lines else ():
            sides = lines.get(x, 0)
            if sides:
                bright = highlighted.get(x, 0)
                # Where a highlighted edge crosses another one, the highlighted one wins.
                shown = sides if bright & sides == bright else bright
                cells.put(
                    x, line_character(shown, ascii_only=scene.ascii), "step--edge-lit" if bright else "step--edge"
                )
        for label, box in self._texts.get(y, ()):
            if box.x < end and box.right > start:
                node_renderer.draw_edge_label(cells, scene, label.text, box)
        row = self._leaves.get(y, [])
        for x, path in row[max(bisect_right(row, start, key=lambda entry: entry[0]) - 1, 0) :]:
            if x >= end:
                break
            box = self._boxes[path]
            if self.detail == "pill":
                node_renderer.draw_pill(cells, scene, self._nodes[path], box)
            else:
                node_renderer.draw_box(cells, scene, self._nodes[path], box, y, self.layout.lines)


def _middle(box: Box) -> int:
    return box.x + box.width // 2
