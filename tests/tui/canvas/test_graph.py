"""Steps as nodes, and the edges between them."""

from wftui.model.run.steps import StepInfo
from wftui.tui.canvas.graph import CanvasNode, current_step_path, nodes_from_steps


def test_declared_steps_become_nodes_in_order() -> None:
    steps = [
        StepInfo(path="a", step_id="a", step_name="First", step_type="set"),
        StepInfo(path="a.b", step_id="b", step_name="", step_type="loop", parent="a", needs=["a.c"]),
    ]
    assert nodes_from_steps(steps, counted={"a"}) == [
        CanvasNode("a", "First", "set", counted=True),
        CanvasNode("a.b", "b", "loop", ("a.c",), "a", counted=True),
    ]


def test_current_step_is_the_innermost_running_one() -> None:
    nodes = [
        CanvasNode("a", "a", "set"),
        CanvasNode("g", "g", "group", ("a",)),
        CanvasNode("g.x", "x", "set", parent="g"),
    ]
    assert current_step_path(nodes, {"a": "failed", "g": "running", "g.x": "running"}) == "g.x"
    assert current_step_path(nodes, {"a": "failed", "g": "waiting"}) == "g"
    assert current_step_path(nodes, {"g": "failed"}) == "g"
    assert current_step_path(nodes, {}) == "a"
    assert current_step_path([], {}) is None
