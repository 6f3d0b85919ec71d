"""The drawing at each level of detail, parsed and compared with the edges."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.tui.canvas.drawing.cells import Cells
from wftui.tui.canvas.drawing.graph_drawing import Detail, GraphDrawing
from wftui.tui.canvas.drawing.list_drawing import ListDrawing
from wftui.tui.canvas.drawing.scene import Direction, Scene
from wftui.tui.canvas.folding import fold
from wftui.tui.canvas.graph import CanvasNode

UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8
SIDES = {sign: sides for sides, sign in enumerate(" ╵╶╰╷│╭├╴╯─┴╮┤┬┼") if sides}
MOVES = {DOWN: (0, 1, UP), RIGHT: (1, 0, LEFT), LEFT: (-1, 0, RIGHT)}
BACK = {DOWN: UP, RIGHT: LEFT, LEFT: RIGHT}
Edge = tuple[str, str]


def edges_between(nodes: list[CanvasNode]) -> list[Edge]:
    """Return the edges that a drawing has to show, source first."""
    return [(need, node.path) for node in nodes for need in node.needs]


@st.composite
def workflows(draw: st.DrawFn) -> list[CanvasNode]:
    """Generate nested steps, with edges between siblings, conditions and cases."""
    parents: list[str | None] = []
    for number in range(draw(st.integers(1, 13))):
        parents.append(draw(st.sampled_from([None, None, *(f"s{other}" for other in range(number))])))
    nodes: list[CanvasNode] = []
    for number, parent in enumerate(parents):
        before = [f"s{other}" for other in range(number) if parents[other] == parent]
        needs = draw(st.lists(st.sampled_from(before), unique=True, max_size=3)) if before else []
        case = draw(st.sampled_from(["", "", "inputs.a", "else"])) if parent and not needs else ""
        when = draw(st.sampled_from(["", "", f"inputs.w{number} > 1000 and inputs.other"]))
        nodes.append(CanvasNode(f"s{number}", f"s{number}", "set", tuple(needs), parent, case=case, when=when, room=16))
    return nodes


DIRECTIONS: tuple[Direction, ...] = ("up", "down", "left", "right")


ROOM = {"pill": 40, "box": None}
"""Columns that a drawing keeps to if it can: pills are read back in narrow layouts too."""


class Picture:
    """The characters of a drawing, and the places of its steps and labels."""

    def __init__(self, nodes: list[CanvasNode], detail: Detail) -> None:
        self.drawing = GraphDrawing(nodes, detail, ROOM[detail])
        self.nodes = nodes
        self.rows = []
        for y in range(self.drawing.height):
            cells = Cells(0, self.drawing.width)
            self.drawing.draw(y, cells, Scene())
            self.rows.append("".join(text for text, _ in cells.spans()))

    def at(self, x: int, y: int) -> str:
        return self.rows[y][x] if 0 <= y < len(self.rows) and 0 <= x < len(self.rows[y]) else " "

    def step_at(self, x: int, y: int) -> str | None:
        """Return the innermost step at a cell, a frame by its border."""
        return self.drawing.step_at(x, y)

    def edges(self) -> set[Edge]:
        """Return the edges, by following the lines down from each step."""
        found: set[Edge] = set()
        for node in self.nodes:
            box = self.drawing.box(node.path)
            assert box is not None
            below = box.bottom
            for x in range(box.x, box.right):
                if SIDES.get(self.at(x, below), 0) & UP and self.step_at(x, below) == node.parent:
                    found |= {(node.path, target) for target in self.ends(x, below, node.parent)}
        return found

    def ends(self, x: int, y: int, around: str | None) -> set[str]:
        """Return the steps that the lines from a cell lead down to, through labels."""
        targets: set[str] = set()
        seen: set[tuple[int, int, int]] = set()
        ways = [(x, y, DOWN)]
        while ways:
            way = x, y, direction = ways.pop()
            if way in seen:
                continue
            seen.add(way)
            hit = self.step_at(x, y)
            if hit is not None and hit != around:
                targets.add(hit)
                continue
            sides = SIDES.get(self.at(x, y), 0)
            if not sides or (self.is_text(x, y) and direction == DOWN):
                assert direction == DOWN, "a line that ends in nothing"
                ways.append((self.line_below(x, y), y + 1, DOWN))
            elif direction != DOWN and sides == UP | DOWN:
                ways.append((x + (1 if direction == RIGHT else -1), y, direction))
            else:
                assert sides & BACK[direction], f"{self.at(x, y)} does not go on\n" + "\n".join(self.rows)
                for side, (dx, dy, _) in MOVES.items():
                    if sides & side and {side, direction} != {LEFT, RIGHT}:
                        ways.append((x + dx, y + dy, side))
        return targets

    def is_text(self, x: int, y: int) -> bool:
        return self.at(x, y) not in SIDES and self.at(x, y) != " "

    def line_below(self, x: int, y: int) -> int:
        """Return the column of the line that continues below the label at a cell."""
        words = [x]
        for step in (-1, 1):
            at = x
            # One space is part of a text, two are not.
            while self.is_text(at + step, y) or (self.at(at + step, y) == " " and self.is_text(at + 2 * step, y)):
                at += step
                words.append(at)
        left, right = min(words) - 1, max(words) + 1
        found = [column for column in range(left, right + 1) if SIDES.get(self.at(column, y + 1), 0) & UP]
        assert len(found) == 1, f"{len(found)} lines below a label\n" + "\n".join(self.rows)
        return found[0]


@pytest.mark.parametrize("detail", ["pill", "box"])
@given(workflows())
@settings(max_examples=40, deadline=None)
def test_graph_shows_exactly_the_edges(detail: Detail, nodes: list[CanvasNode]) -> None:
    picture = Picture(nodes, detail)
    assert picture.edges() == set(edges_between(nodes)), "\n".join(picture.rows)
    assert set(picture.drawing.edges) == set(edges_between(nodes))


@pytest.mark.parametrize("detail", ["pill", "box"])
@given(workflows())
@settings(max_examples=30, deadline=None)
def test_every_condition_is_on_the_drawing(detail: Detail, nodes: list[CanvasNode]) -> None:
    text = "\n".join(Picture(nodes, detail).rows)
    for node in nodes:
        assert not node.when or f"when inputs.w{node.path[1:]} > 10" in text
        assert not node.case or node.case in text


@given(workflows())
@settings(max_examples=40, deadline=None)
def test_gutter_of_the_list_shows_exactly_the_edges(nodes: list[CanvasNode]) -> None:
    drawing = ListDrawing(nodes, 60)
    found: set[frozenset[str]] = set()
    for node in nodes:
        scene = Scene(cursor=node.path)
        for y in range(drawing.height):
            cells = Cells(0, 60)
            drawing.draw(y, cells, scene)
            other = drawing.step_at(1, y)
            if other != node.path and cells.spans()[0][0][0] in "╭╰├":
                found.add(frozenset((node.path, str(other))))
    assert found == {frozenset(edge) for edge in edges_between(nodes)}


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("detail", ["box", "pill"])
@given(st.lists(st.booleans(), min_size=1, max_size=4), st.integers(0, 6))
@settings(max_examples=30, deadline=None)
def test_folded_graph_shows_the_edges_of_what_it_stands_for(detail: Detail, widths: list[bool], extra: int) -> None:
    nodes: list[CanvasNode] = [CanvasNode("start", "start", "set")]
    before = ["start"]
    for layer, wide in enumerate(widths):
        names = [f"l{layer}n{number}" for number in range(40 if wide else 1 + extra)]
        nodes += [
            CanvasNode(name, f"{'abcd'[layer]}_{number}", "set", tuple(before)) for number, name in enumerate(names)
        ]
        before = names
    folded = fold(nodes, closed=(), opened=(), fan_outs=True)
    wanted = {
        (folded.shown_as.get(source, source), folded.shown_as.get(target, target))
        for source, target in edges_between(nodes)
    }
    picture = Picture(folded.nodes, detail)
    assert picture.edges() == wanted, "\n".join(picture.rows)


@pytest.mark.parametrize("detail", ["pill", "box"])
@given(workflows())
@settings(max_examples=30, deadline=None)
def test_lines_of_the_focused_step_are_lit_and_no_other(detail: Detail, nodes: list[CanvasNode]) -> None:
    drawing = GraphDrawing(nodes, detail, ROOM[detail])
    for node in nodes:
        lit: set[tuple[int, int]] = set()
        for y in range(drawing.height):
            cells = Cells(0, drawing.width)
            drawing.draw(y, cells, Scene(cursor=node.path))
            columns = itertools.accumulate((len(text) for text, _ in cells.spans()), initial=0)
            for column, (text, style) in zip(columns, cells.spans(), strict=False):
                if "step--edge-lit" in style:
                    lit |= {(column + offset, y) for offset in range(len(text))}
        linked = bool(node.case or any(node.path in edge for edge in edges_between(nodes)) or node.when)
        assert bool(lit) == linked


@pytest.mark.parametrize("detail", ["pill", "box"])
@given(workflows())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_arrows_skip_no_layer_and_reach_every_step(detail: Detail, nodes: list[CanvasNode]) -> None:
    drawing = GraphDrawing(nodes, detail, ROOM[detail])
    edges = edges_between(nodes)
    containers = {node.parent for node in nodes}
    for node in nodes:
        above = [source for source, target in edges if target == node.path]
        below = [target for source, target in edges if source == node.path]
        if below and node.path not in containers:
            assert drawing.neighbour(node.path, "down") in first_layer(drawing, below, last=False)
        if above:
            assert drawing.neighbour(node.path, "up") in first_layer(drawing, above, last=True)
    reached: list[str] = [node.path for node in nodes[:1]]
    for here in reached:
        for direction in DIRECTIONS:
            there = drawing.neighbour(here, direction)
            reached += [there] if there is not None and there not in reached else []
    assert sorted(reached) == sorted(node.path for node in nodes)


def first_layer(drawing: GraphDrawing, paths: list[str], *, last: bool) -> set[str]:
    """Return the steps of the highest row, or of the last one."""
    rows = {path: box.y for path in paths if (box := drawing.box(path)) is not None}
    wanted = (max if last else min)(rows.values())
    return {path for path, row in rows.items() if row == wanted}
