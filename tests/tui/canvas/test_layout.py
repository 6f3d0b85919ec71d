"""Layout of the canvas, read back from its drawing."""

import itertools

from hypothesis import example, given, settings
from hypothesis import strategies as st

from wftui.tui.canvas.layout.layered import Box, Edge, Layout, Node, layout
from wftui.tui.canvas.layout.line_grid import DOWN, LEFT, RIGHT, UP, VERTICAL, LineGrid, line_character

WIDE = 24


def lay(names: str, *edges: str, parents: dict[str, str] | None = None, width: int = 7) -> Layout:
    """Return a layout of one-letter nodes; an edge is two letters."""
    nodes = [Node(name, name, parent=(parents or {}).get(name)) for name in names]
    return layout(nodes, [(edge[0], edge[1]) for edge in edges], width_of=lambda _: width)


def drawn(found: Layout) -> str:
    """Return the drawing as text, with names in brackets."""
    rows = [[" "] * found.width for _ in range(found.height)]
    for y, cells in found.lines.items():
        for x, sides in cells.items():
            rows[y][x] = line_character(sides)
    for name, box in sorted(found.boxes.items(), key=lambda entry: entry[1].depth):
        if box.frame:
            for x, y in itertools.product(range(box.x, box.right), range(box.y, box.bottom)):
                if y in (box.y, box.bottom - 1) or x in (box.x, box.right - 1):
                    rows[y][x] = "#"
        else:
            rows[box.y][box.x : box.right] = f"[{name.center(box.width - 2)}]"
    return "\n".join("".join(row).rstrip() for row in rows)


def read(found: Layout) -> set[Edge]:
    """Return the edges found by following the lines down from each node."""
    edges: set[Edge] = set()
    for name, box in found.boxes.items():
        ways = [(x, box.bottom, DOWN) for x in range(box.x, box.right) if _sides(found.lines, x, box.bottom) & UP]
        around = {other for other, frame in found.boxes.items() if frame.frame and frame.contains(box.x, box.y)}
        edges |= {(name, target) for target in _targets(found, ways, around - {name})}
    return edges


def _sides(lines: LineGrid, x: int, y: int) -> int:
    return lines.get(y, {}).get(x, 0)


def _targets(found: Layout, ways: list[tuple[int, int, int]], around: set[str]) -> set[str]:
    targets: set[str] = set()
    seen: set[tuple[int, int, int]] = set()
    while ways:
        x, y, direction = way = ways.pop()
        if way in seen:
            continue
        seen.add(way)
        hit = _node_at(found, x, y)
        if hit is not None and hit not in around:
            targets.add(hit)
            continue
        sides = _sides(found.lines, x, y)
        if direction != DOWN and sides == VERTICAL:
            # A line that passes below an upright one.
            ways.append((x + (1 if direction == RIGHT else -1), y, direction))
            continue
        assert sides & {DOWN: UP, RIGHT: LEFT, LEFT: RIGHT}[direction], "a line that ends in nothing"
        for side, dx, dy in ((DOWN, 0, 1), (RIGHT, 1, 0), (LEFT, -1, 0)):
            if sides & side and {side, direction} != {LEFT, RIGHT}:
                ways.append((x + dx, y + dy, side))
    return targets


def _node_at(found: Layout, x: int, y: int) -> str | None:
    inner = [(box.depth, name) for name, box in found.boxes.items() if box.contains(x, y)]
    return max(inner)[1] if inner else None


@st.composite
def graphs(draw: st.DrawFn, most: int = 12) -> tuple[list[Node], list[Edge]]:
    """Generate acyclic graphs of any shape."""
    count = draw(st.integers(1, most))
    pairs = [(str(a), str(b)) for a in range(count) for b in range(a + 1, count)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=3 * count)) if pairs else []
    return [Node(str(number), str(number)) for number in range(count)], edges


@st.composite
def nested(draw: st.DrawFn) -> tuple[list[Node], list[Edge]]:
    """Generate graphs with containers, with edges between siblings only."""
    count = draw(st.integers(1, 14))
    parents: list[str | None] = []
    for number in range(count):
        parents.append(draw(st.sampled_from([None, *map(str, range(number))])))
    nodes = [Node(str(number), str(number), parent=parent) for number, parent in enumerate(parents)]
    pairs = [(a.id, b.id) for a, b in itertools.combinations(nodes, 2) if a.parent == b.parent]
    return nodes, draw(st.lists(st.sampled_from(pairs), unique=True, max_size=20)) if pairs else []


def overlap(one: Box, two: Box) -> bool:
    return one.x < two.right and two.x < one.right and one.y < two.bottom and two.y < one.bottom


@given(graphs(), st.sampled_from([1, 4]))
@settings(max_examples=150, deadline=None)
def test_nodes_are_separate_and_inside_the_drawing(graph: tuple[list[Node], list[Edge]], height: int) -> None:
    found = layout(*graph, width_of=lambda node: 5 + int(node.id) % 4, height_of=lambda _: height)
    boxes = list(found.boxes.values())
    assert len(boxes) == len(graph[0])
    for one, two in itertools.combinations(boxes, 2):
        assert not overlap(one, two)
        assert one.y != two.y or one.right < two.x or two.right < one.x
    assert all(box.x >= 0 and box.right <= found.width and box.y >= 0 and box.bottom <= found.height for box in boxes)


@given(graphs(), st.sampled_from([1, 4]))
@settings(max_examples=150, deadline=None)
def test_edges_go_down_around_nodes(graph: tuple[list[Node], list[Edge]], height: int) -> None:
    found = layout(*graph, width_of=lambda _: 9, height_of=lambda _: height)
    assert set(found.paths) == set(graph[1])
    for (source, target), points in found.paths.items():
        above, below = found.boxes[source], found.boxes[target]
        assert above.x < points[0][0] < above.right - 1 and points[0][1] == above.bottom
        assert below.x < points[-1][0] < below.right - 1 and points[-1][1] == below.y - 1
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            assert (x0 == x1 and y0 < y1) or (y0 == y1 and x0 != x1)
            for x, y in itertools.product(range(min(x0, x1), max(x0, x1) + 1), range(y0, y1 + 1)):
                assert _node_at(found, x, y) is None
                shown = _sides(found.lines, x, y)
                # At a plain crossing the upright line shows.
                assert shown & (UP | DOWN) if x0 == x1 else shown & (LEFT | RIGHT) or shown == VERTICAL


@given(graphs())
@example(([Node(str(n), str(n)) for n in range(4)], [("0", "3"), ("1", "2"), ("0", "2"), ("1", "3")]))
@settings(max_examples=300, deadline=None)
def test_following_the_lines_finds_exactly_the_edges(graph: tuple[list[Node], list[Edge]]) -> None:
    found = layout(*graph, width_of=lambda _: WIDE)
    assert read(found) == set(graph[1])


@given(nested())
@settings(max_examples=150, deadline=None)
def test_container_content_is_inside_its_frame(graph: tuple[list[Node], list[Edge]]) -> None:
    nodes, edges = graph
    found = layout(nodes, edges, width_of=lambda _: WIDE)
    for node in nodes:
        box = found.boxes[node.id]
        if node.parent is not None:
            frame = found.boxes[node.parent]
            assert frame.frame
            assert frame.x < box.x and box.right < frame.right and frame.y < box.y and box.bottom < frame.bottom
        for other in nodes:
            if other is not node and other.parent == node.parent:
                assert not overlap(box, found.boxes[other.id])
    assert set(found.paths) == set(edges)
    assert read(found) == set(edges)


@given(graphs())
@settings(max_examples=50, deadline=None)
def test_the_same_graph_is_laid_out_the_same(graph: tuple[list[Node], list[Edge]]) -> None:
    assert layout(*graph, width_of=lambda _: 9) == layout(*graph, width_of=lambda _: 9)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdefx")), max_size=20))
@settings(max_examples=150, deadline=None)
def test_cycles_duplicates_and_unknown_targets_are_tolerated(edges: list[Edge]) -> None:
    nodes = [Node(name, name) for name in "abcdef"]
    found = layout(nodes, edges, width_of=lambda _: WIDE)
    assert set(found.boxes) == set("abcdef")
    assert set(found.paths) <= set(edges)
    assert read(found) == set(found.paths)


def test_empty_graph_is_an_empty_drawing() -> None:
    found = layout([], [], width_of=lambda _: 9)
    assert (found.width, found.height, found.lines) == (0, 0, {})


def test_a_chain_is_one_straight_line() -> None:
    assert drawn(lay("abc", "ab", "bc")) == "[  a  ]\n   │\n[  b  ]\n   │\n[  c  ]"


def test_a_fan_out_shares_one_bus_and_so_does_the_join() -> None:
    assert drawn(lay("abcde", "ab", "ac", "ad", "be", "ce", "de")) == (
        "         [  a  ]\n   ╭────────┼────────╮\n[  b  ]  [  c  ]  [  d  ]\n   ╰────────┼────────╯\n         [  e  ]"
    )


def test_a_long_edge_passes_beside_the_nodes_between() -> None:
    assert drawn(lay("abc", "ab", "bc", "ac")) == ("   [  a  ]\n   ╭──┴─╮\n[  b  ] │\n   ╰──┬─╯\n   [  c  ]")


def test_source_is_placed_above_its_targets() -> None:
    found = lay("abcz", "ab", "bc", "zc")
    assert found.boxes["z"].y == found.boxes["b"].y


def test_at_a_plain_crossing_the_upright_line_shows() -> None:
    found = lay("abcd", "ac", "ad", "bd", "bc", "ad")
    assert read(found) == {("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")}
    crossed = lay("abcdef", "ad", "ae", "be", "bf", "cd", "cf", width=WIDE)
    assert "│" in drawn(crossed).splitlines()[2]
    assert read(crossed) == set(crossed.paths)


def test_edge_between_containers_joins_their_frames() -> None:
    found = lay("gxhy", "xy", parents={"x": "g", "y": "h"})
    assert set(found.paths) == {("g", "h")}


def test_a_container_is_a_frame_with_its_title_in_the_first_row() -> None:
    assert drawn(lay("agxyz", "ag", "xy", "gz", parents={"x": "g", "y": "g"})) == (
        "  [  a  ]\n     │\n###########\n# [  x  ] #\n#    │    #\n# [  y  ] #\n###########\n     │\n  [  z  ]"
    )
