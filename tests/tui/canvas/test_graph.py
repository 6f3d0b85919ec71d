"""Steps as nodes, and the edges between them."""

from hypothesis import given
from hypothesis import strategies as st

from wftui.model.run.steps import StepInfo
from wftui.tui.canvas.graph import CanvasNode, current_step_path, edges_between, nodes_from_steps, transitive_reduction

Edge = tuple[str, str]


def reachable(edges: list[Edge]) -> set[Edge]:
    """Return all pairs of a node and one of its descendants."""
    found = set(edges)
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return found


def test_declared_steps_become_nodes_in_order() -> None:
    steps = [
        StepInfo(path="a", step_id="a", step_name="First", step_type="set"),
        StepInfo(path="a.b", step_id="b", step_name="", step_type="loop", parent="a", needs=["a.c"]),
    ]
    assert nodes_from_steps(steps, counted={"a"}) == [
        CanvasNode("a", "First", "set", counted=True),
        CanvasNode("a.b", "b", "loop", ("a.c",), "a", counted=True),
    ]


def test_transitive_edge_is_omitted() -> None:
    assert transitive_reduction([("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")]) == [
        ("a", "b"),
        ("b", "c"),
        ("a", "d"),
    ]


def test_a_cycle_keeps_its_edges() -> None:
    edges = [("a", "b"), ("b", "a"), ("c", "c")]
    assert transitive_reduction(edges) == edges


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=25, unique=True))
def test_transitive_reduction_keeps_the_order(pairs: list[tuple[int, int]]) -> None:
    edges = [(str(a), str(b)) for a, b in pairs if a < b]
    kept = transitive_reduction(edges)
    assert reachable(kept) == reachable(edges)
    assert all(reachable([other for other in kept if other != edge]) != reachable(kept) for edge in kept)


def test_current_step_is_the_innermost_running_one() -> None:
    nodes = [
        CanvasNode("a", "a", "set"),
        CanvasNode("g", "g", "group", ("a",)),
        CanvasNode("g.x", "x", "set", parent="g"),
    ]
    assert edges_between(nodes) == [("a", "g")]
    assert current_step_path(nodes, {"a": "failed", "g": "running", "g.x": "running"}) == "g.x"
    assert current_step_path(nodes, {"a": "failed", "g": "waiting"}) == "g"
    assert current_step_path(nodes, {"g": "failed"}) == "g"
    assert current_step_path(nodes, {}) == "a"
    assert current_step_path([], {}) is None
