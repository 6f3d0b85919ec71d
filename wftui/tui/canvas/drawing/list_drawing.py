"""List drawing: one row per step, container contents indented."""

from collections.abc import Sequence

from rich.cells import cell_len

from wftui.tui.canvas.drawing.cells import Cells, fit, fit_middle
from wftui.tui.canvas.drawing.scene import Direction, Scene
from wftui.tui.canvas.graph import CanvasNode, children_of
from wftui.tui.canvas.layout.layered import Box

TYPE_FROM = 36
"""Minimum width for the type column."""
LONGEST_TYPE = 12
POOL_FROM = 60
"""Minimum width for a type column that has room for pools."""
LONGEST_KIND = 24
EXTRA = 10
"""Cells of the last column: a duration or a counter."""
LONGEST_EXTRA = 18
"""Cells of the last column where marks need them."""


class ListDrawing:
    """Rows of a list: guides, glyph, name, type, detail."""

    head = 1

    def __init__(self, nodes: Sequence[CanvasNode], width: int) -> None:
        self.width = width
        self._nodes: list[CanvasNode] = []
        self._guides: list[str] = []
        inside = children_of(nodes)

        def walk(parent: str | None, lead: str) -> None:
            siblings = inside.get(parent, [])
            for number, node in enumerate(siblings):
                last = number == len(siblings) - 1
                self._nodes.append(node)
                self._guides.append("" if parent is None else lead + ("└ " if last else "├ "))
                walk(node.path, "" if parent is None else lead + ("  " if last else "│ "))

        walk(None, "")
        self.height = len(self._nodes)
        self._row = {node.path: number for number, node in enumerate(self._nodes)}
        self._links: dict[str, set[int]] = {}
        for number, node in enumerate(self._nodes):
            for need in node.needs:
                if need in self._row:
                    self._links.setdefault(node.path, set()).add(self._row[need])
                    self._links.setdefault(need, set()).add(number)
        longest = max((cell_len(node.kind) for node in nodes), default=0)
        widest = LONGEST_KIND if width >= POOL_FROM and any(node.pool for node in nodes) else LONGEST_TYPE
        self._extra = max(EXTRA, min(LONGEST_EXTRA, max((node.room for node in nodes), default=0)))
        self._type = min(longest, widest) if width >= TYPE_FROM else 0

    def box(self, path: str) -> Box | None:
        """Return the row of a step."""
        row = self._row.get(path)
        return None if row is None else Box(0, row, self.width, 1)

    def glyph_at(self, path: str) -> tuple[int, int] | None:
        """Return column and row of a step's status glyph."""
        row = self._row.get(path)
        return None if row is None else (1 + len(self._guides[row]), row)

    def step_at(self, x: int, y: int) -> str | None:
        """Return the path of the step in a row."""
        return self._nodes[y].path if 0 <= y < len(self._nodes) and 0 <= x < self.width else None

    def affected_rows(self, path: str) -> set[int]:
        """Return the row of the step."""
        row = self._row.get(path)
        return set() if row is None else {row}

    def gutter_rows(self, path: str) -> set[int]:
        """Return the rows with a part of the step's links in their first cell."""
        return set(self._linked(path)) if path in self._row else set()

    def _linked(self, path: str) -> range:
        """Return the rows from the first to the last one that a step is linked with."""
        rows = self._links.get(path, set()) | {self._row[path]}
        return range(min(rows), max(rows) + 1)

    def _link(self, y: int, scene: Scene) -> str:
        """Return the part of the focused step's links in the gutter of a row."""
        if scene.cursor is None or scene.cursor not in self._row or y not in (rows := self._linked(scene.cursor)):
            return ""
        if y not in self._links.get(scene.cursor, ()):
            sign = "│"
        else:
            sign = "╭" if y == rows.start else "╰" if y == rows.stop - 1 else "├"
        return _plain(sign) if scene.ascii else sign

    def neighbour(self, path: str, direction: Direction) -> str | None:
        """Return the next step: up and down by row, left to parent, right to child."""
        row = self._row.get(path)
        if row is None:
            return None
        if direction == "left":
            parent = self._nodes[row].parent
            return parent if parent in self._row else None
        to = row - 1 if direction == "up" else row + 1
        if not 0 <= to < len(self._nodes):
            return None
        if direction == "right" and self._nodes[to].parent != path:
            return None
        return self._nodes[to].path

    def draw_head(self, cells: Cells, scene: Scene) -> None:
        """Draw the titles of the columns."""
        cells.put(3, "Step", "step--type")
        last = "" if not scene.details else "Progress" if scene.statuses else "Settings"
        if self._type:
            cells.put(self.width - self._extra - self._type - 2, "Type", "step--type")
        if self._type or self.width >= TYPE_FROM:
            cells.put(self.width - 1 - len(last), last, "step--type")

    def draw(self, y: int, cells: Cells, scene: Scene) -> None:
        """Draw the row of one step."""
        node, guide = self._nodes[y], self._guides[y]
        focused = node.path == scene.cursor
        base = ("step--row",) if focused else ()
        cells.put(0, fit("", self.width), *base)
        if focused:
            signs = "|:" if scene.ascii else "▌▏"
            cells.put(0, signs[not scene.focused], *base, "step--mark")
        else:
            cells.put(0, self._link(y, scene), "step--edge-lit")
        start = 1 + len(guide)
        cells.put(1, _plain(guide) if scene.ascii else guide, *base, "step--edge")
        cells.put(start, scene.glyph(node.path, node.type), *base, scene.status_class(node.path))
        cells.put(start + 1, scene.mark(node.path), *base, "step--mark")
        right = self.width - 1
        detail = fit(scene.details.get(node.path, ""), self._extra, scene.ellipsis).rstrip()
        cells.put(right - cell_len(detail), detail, *base, "step--detail")
        if self._type:
            right -= self._extra + self._type + 2
            cells.put(right + 1, fit(node.kind, self._type, scene.ellipsis), *base, "step--type")
        elif detail:
            right -= cell_len(detail) + 1
        room = max(right - start - 2, 4)
        cells.put(
            start + 2,
            fit_middle(node.row_label if self._type else node.row_title, room, scene.ellipsis),
            *base,
            f"step--label-{scene.status(node.path)}",
        )


def _plain(guide: str) -> str:
    return guide.translate({ord("└"): "`", ord("├"): "|", ord("│"): "|", ord("╭"): ",", ord("╰"): "`"})
