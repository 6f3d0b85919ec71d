"""Rendering of a single step as a pill, a box or a frame."""

from rich.cells import cell_len

from wftui.tui.canvas.drawing.cells import Cells, fit, fit_middle
from wftui.tui.canvas.drawing.scene import Scene
from wftui.tui.canvas.graph import CanvasNode
from wftui.tui.canvas.layout.layered import Box
from wftui.tui.canvas.layout.line_grid import DOWN, LEFT, RIGHT, UP, VERTICAL, LineGrid, line_character


def draw_pill(cells: Cells, scene: Scene, node: CanvasNode, place: Box) -> None:
    """Draw glyph and label in one row, and the detail if both fit."""
    focused, status = node.path == scene.cursor, scene.status(node.path)
    left, right = ("[", "]") if scene.ascii or scene.ansi else ("▐", "▌")
    body = "step--cursor" if focused else f"step--pill-{status}"
    cap = "step--cursor-cap" if focused else f"step--cap-{status}"
    cells.put(place.x, left, cap)
    cells.put(place.right - 1, right, cap)
    cells.put(place.x + 1, " " * (place.width - 2), body)

    def style(name: str) -> tuple[str, ...]:
        # Other colors are unreadable on the bright body of the focused pill.
        return (body,) if focused else (body, name)

    cells.put(place.x + 1, scene.glyph(node.path, node.type), *style(f"status--{status}"))
    cells.put(place.x + 2, scene.mark(node.path), *style("step--mark"))
    room = place.width - 4
    detail = scene.details.get(node.path, "")
    if detail and cell_len(node.title) + 1 + cell_len(detail) <= room:
        room -= cell_len(detail) + 1
        cells.put(place.x + 4 + room, detail, *style("step--detail"))
    cells.put(place.x + 3, fit_middle(node.title, room, scene.ellipsis), *style(f"step--label-{status}"))


def draw_box(cells: Cells, scene: Scene, node: CanvasNode, place: Box, y: int, lines: LineGrid) -> None:
    """Draw one row of a box: glyph and label, below them type and detail."""
    focus, status = _focus(node, scene), scene.status(node.path)
    _border(cells, scene, node, place, y, lines)
    line, room = y - place.y, place.width - 6
    if 0 < line < place.height - 1:
        cells.put(place.x + 1, " " * (place.width - 2), *focus)
    if line == 1:
        cells.put(place.x + 2, scene.glyph(node.path, node.type), *focus, f"status--{status}")
        cells.put(place.x + 3, scene.mark(node.path), *focus, "step--mark")
        cells.put(place.x + 4, fit_middle(node.label, room, scene.ellipsis), *focus, f"step--label-{status}")
    elif line == 2:
        most = max(room // 2, room - cell_len(node.kind) - 1)
        detail = fit(scene.details.get(node.path, ""), most, scene.ellipsis).rstrip()
        room -= cell_len(detail) + 1
        cells.put(place.x + 4, fit(node.kind, room, scene.ellipsis), *focus, "step--type")
        cells.put(place.x + 5 + room, detail, *focus, "step--detail")


def draw_frame(cells: Cells, scene: Scene, node: CanvasNode, place: Box, y: int, lines: LineGrid) -> None:
    """Draw one row of a container's frame; the title is in the top border."""
    _border(cells, scene, node, place, y, lines)
    if y != place.y:
        return
    focus, status = _focus(node, scene), scene.status(node.path)
    detail = scene.details.get(node.path, "")
    label = f"{node.title}  {detail}" if detail else node.title
    label = fit(label, min(cell_len(label), place.width - 6), scene.ellipsis)
    cells.put(place.x + 1, " " * (cell_len(label) + 4), *focus)
    cells.put(place.x + 2, scene.glyph(node.path, node.type), *focus, f"status--{status}")
    cells.put(place.x + 3, scene.mark(node.path), *focus, "step--mark")
    cells.put(place.x + 4, label, *focus, f"step--label-{status}")


def draw_edge_label(cells: Cells, scene: Scene, text: str, place: Box) -> None:
    """Draw the condition of an edge, centred."""
    room = place.width - 2
    shown = fit(text, min(cell_len(text), room), scene.ellipsis)
    cells.put(place.x + 1 + (room - cell_len(shown)) // 2, shown, "step--edge-text")


def _focus(node: CanvasNode, scene: Scene) -> tuple[str, ...]:
    return ("step--row",) if node.path == scene.cursor else ()


def _border(cells: Cells, scene: Scene, node: CanvasNode, place: Box, y: int, lines: LineGrid) -> None:
    """Draw one border row, with junctions where edges leave and enter."""
    style = "step--border-cursor" if node.path == scene.cursor else f"step--border-{scene.status(node.path)}"
    if place.y < y < place.bottom - 1:
        cells.put(place.x, line_character(VERTICAL, ascii_only=scene.ascii), style)
        cells.put(place.right - 1, line_character(VERTICAL, ascii_only=scene.ascii), style)
        return
    top = y == place.y
    beside = lines.get(y - 1 if top else y + 1, {})
    inward, outward = (DOWN, UP) if top else (UP, DOWN)
    for x in range(max(place.x, cells.start), min(place.right, cells.start + cells.width)):
        sides = (LEFT if x > place.x else inward) | (RIGHT if x < place.right - 1 else inward)
        if place.x < x < place.right - 1 and beside.get(x, 0) & inward:
            sides |= outward
        cells.put(x, line_character(sides, ascii_only=scene.ascii), style)
