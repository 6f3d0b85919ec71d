"""Predecessors and successors of a step, and the arrow keys, on random graphs."""

from hypothesis import given
from hypothesis import strategies as st

from wftui.tui.canvas.drawing.graph_drawing import Detail, GraphDrawing
from wftui.tui.canvas.graph import CanvasNode
from wftui.tui.canvas.lineage import related


@st.composite
def graphs(draw: st.DrawFn) -> list[CanvasNode]:
    """Flat graphs without cycles."""
    nodes: list[CanvasNode] = []
    for number in range(draw(st.integers(1, 10))):
        needs = draw(st.sets(st.sampled_from([node.path for node in nodes]), max_size=3)) if nodes else set()
        nodes.append(CanvasNode(f"s{number}", f"Step {number}", "set", tuple(sorted(needs))))
    return nodes


def reached(links: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    ahead = [start]
    while ahead:
        new = links.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


@given(graphs(), st.data())
def test_related_steps_are_those_that_edges_reach(nodes: list[CanvasNode], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([node.path for node in nodes]))
    above = {node.path: set(node.needs) for node in nodes}
    below = {node.path: {other.path for other in nodes if node.path in other.needs} for node in nodes}
    expected = {path} | reached(above, path) | reached(below, path)
    assert {node.path for node in related(nodes, path)} == expected


def test_containers_come_with_their_steps() -> None:
    nodes = [
        CanvasNode("a", "A", "set"),
        CanvasNode("box", "Box", "group", ("a",)),
        CanvasNode("box.one", "One", "set", parent="box"),
        CanvasNode("box.two", "Two", "set", ("box.one",), parent="box"),
        CanvasNode("box.other", "Other", "set", parent="box"),
        CanvasNode("end", "End", "set", ("box",)),
        CanvasNode("aside", "Aside", "set"),
    ]
    assert [node.path for node in related(nodes, "box.one")] == ["a", "box", "box.one", "box.two", "end"]
    assert [node.path for node in related(nodes, "a")] == [
        "a", "box", "box.one", "box.two", "box.other", "end",
    ]  # fmt: skip


@given(graphs(), st.sampled_from(["box", "pill"]))
def test_arrows_take_an_edge_to_the_nearest_layer(nodes: list[CanvasNode], detail: Detail) -> None:
    drawing = GraphDrawing(nodes, detail)
    rows = {node.path: box.y for node in nodes if (box := drawing.box(node.path))}
    for node in nodes:
        below = {other.path for other in nodes if node.path in other.needs}
        if below:
            taken = drawing.neighbour(node.path, "down")
            assert taken in below
            assert rows[taken] == min(rows[each] for each in below)
        if node.needs:
            taken = drawing.neighbour(node.path, "up")
            assert taken in node.needs
            assert rows[taken] == max(rows[each] for each in node.needs)
        assert drawing.neighbour(node.path, "down") == drawing.neighbour(node.path, "down")
