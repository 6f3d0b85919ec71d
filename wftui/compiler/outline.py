"""The outline of a workflow: its steps as a graph."""

from collections.abc import Iterator

from wftui.compiler.checks.checker import Checked
from wftui.compiler.source.document import Document
from wftui.compiler.tree.nodes import Body
from wftui.model.run.steps import StepInfo, catch_name


def step_infos(checked: Checked, document: Document) -> list[StepInfo]:
    """Return the steps with a fixed path: all but those inside a forEach or a loop.

    Equal to `runtime.plan.step_infos` of the compiled workflow, without running it.
    """
    assert checked.tree is not None
    return [
        *_infos(checked, document, checked.tree.main, None),
        *_infos(checked, document, checked.tree.finally_, None),
    ]


def _infos(checked: Checked, document: Document, body: Body, parent: str | None) -> Iterator[StepInfo]:
    prefix = f"{parent}." if parent else ""
    nodes = checked.graph.order(body)
    for node in nodes:
        path = prefix + node.id
        needs = [each for each in checked.graph.demands(node) if each.body is body]
        yield StepInfo(
            path=path,
            step_id=node.id,
            step_name=node.step.name or node.id,
            step_type=node.step.type,
            parent=parent,
            needs=[prefix + each.id for each in (*needs, *checked.graph.comes_after(node))],
            line=document.place(node.pointer).line,
            branch=body.name or (catch_name(body.on) if body.kind == "catch" else None),
            pool=node.pool,
        )
        if node.step.for_each is None:
            for inner in node.bodies if node.step.type != "loop" else node.catches:
                yield from _infos(checked, document, inner, path)
