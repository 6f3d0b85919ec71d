"""Nodes shown with closed containers and folded fan-outs."""

from wftui.tui.canvas.folding import fold, stem, summary
from wftui.tui.canvas.graph import CanvasNode

NESTED = [
    CanvasNode("a", "a", "set"),
    CanvasNode("g", "g", "group", ("a",)),
    CanvasNode("g.x", "x", "set", parent="g"),
    CanvasNode("g.h", "h", "group", parent="g"),
    CanvasNode("g.h.y", "y", "set", parent="g.h"),
]


def chain_of_fans(width: int) -> list[CanvasNode]:
    """Return two layers of `width` equal steps between three single ones."""
    one = [CanvasNode(f"one{n}", f"one_ID{n}", "set", ("start",)) for n in range(width)]
    two = [CanvasNode(f"two{n}", f"two-{n}", "set", (f"one{n}",)) for n in range(width)]
    end = CanvasNode("end", "end", "set", tuple(node.path for node in two))
    return [CanvasNode("start", "start", "set"), *one, *two, end]


def test_closed_container_hides_its_content() -> None:
    found = fold(NESTED, closed={"g"})
    assert [(node.path, node.label) for node in found.nodes] == [("a", "a"), ("g", "g [3]")]
    assert found.shown_as == {"g.x": "g", "g.h": "g", "g.h.y": "g"}


def test_outer_closed_container_hides_inner_ones() -> None:
    assert fold(NESTED, closed={"g", "g.h"}).shown_as["g.h.y"] == "g"
    assert fold(NESTED, closed={"g.h"}).shown_as == {"g.h.y": "g.h"}


def test_folding_a_leaf_changes_nothing() -> None:
    assert fold(NESTED, closed={"a", "unknown"}).nodes == NESTED


def test_small_graphs_do_not_fold() -> None:
    nodes = chain_of_fans(10)
    assert fold(nodes, fan_outs=True).nodes == nodes


def test_fan_outs_fold_by_stem_and_layer() -> None:
    found = fold(chain_of_fans(300), fan_outs=True)
    assert [node.label for node in found.nodes] == ["start", "one [300]", "two [300]", "end"]
    start, one, two, end = found.nodes
    assert (one.needs, two.needs, end.needs) == ((start.path,), (one.path,), (two.path,))
    assert found.members[one.path] == tuple(f"one{n}" for n in range(300))
    assert found.shown_as["two7"] == two.path


def test_an_opened_fan_out_stays_open() -> None:
    folded = fold(chain_of_fans(300), fan_outs=True)
    opened = fold(chain_of_fans(300), fan_outs=True, opened={folded.nodes[1].path})
    assert len(opened.nodes) == 303


def test_only_equal_kinds_in_a_layer_fold_together() -> None:
    nodes = [CanvasNode(f"n{n}", "same", "set", (f"n{n - 1}",) if n else ()) for n in range(100)]
    assert fold(nodes, fan_outs=True).nodes == nodes
    kinds = [CanvasNode(f"n{n}", "same", "set" if n % 2 else "http") for n in range(100)]
    assert [node.label for node in fold(kinds, fan_outs=True).nodes] == ["same [50]", "same [50]"]


def test_a_folded_fan_out_says_its_condition_or_how_many_there_are() -> None:
    def label(condition: str) -> str:
        nodes = [CanvasNode(f"n{n}", f"n_{n}", "set", case=condition, when=condition.format(n)) for n in range(70)]
        [found] = fold(nodes, fan_outs=True).nodes
        return found.when

    assert label("inputs.a") == "inputs.a"
    assert label("inputs.a == {}") == "70 conditions"
    assert label("") == ""


def test_stem() -> None:
    names = ["mDiffFit_ID0000497", "align-12", "part 3.7", "2024", "no_number", "s3_upload"]
    assert [stem(name) for name in names] == ["mDiffFit", "align", "part", "2024", "no_number", "s3_upload"]


def test_summary_shows_the_most_urgent_status() -> None:
    members = ["a", "b", "c"]
    assert summary(members, {}) == ("pending", "0/3")
    assert summary(members, {"a": "running", "b": "completed"}) == ("running", "1/3")
    assert summary(members, {"a": "running", "b": "failed"}) == ("failed", "1/3")
    assert summary(members, {"a": "completed", "b": "skipped", "c": "completed"}) == ("completed", "3/3")
