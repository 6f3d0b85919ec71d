"""The outline of a workflow: its steps as a graph."""

from collections.abc import Iterator
from dataclasses import field

from wftui.compiler.checks.checker import Checked
from wftui.compiler.source.document import Document
from wftui.compiler.tree.nodes import Body, StepNode
from wftui.model.data_class import dataclass
from wftui.model.run.steps import StepInfo, catch_name


@dataclass(slots=True)
class Outliner:
    """Makes the outline of a workflow; keeps the entries of unchanged steps."""

    _known: dict[StepNode, StepInfo] = field(default_factory=dict)

    def step_infos(self, checked: Checked, document: Document) -> list[StepInfo]:
        """Return the steps with a fixed path: all but those inside a forEach or a loop.

        Equal to `runtime.plan.step_infos` of the compiled workflow, without running it.
        """
        assert checked.tree is not None
        known: dict[StepNode, StepInfo] = {}
        for body in (checked.tree.main, checked.tree.finally_):
            self._add(known, checked, document, body, None)
        self._known = known
        return list(known.values())

    def _add(
        self, known: dict[StepNode, StepInfo], checked: Checked, document: Document, body: Body, parent: str | None
    ) -> None:
        prefix = f"{parent}." if parent else ""
        for node in checked.graph.order(body):
            path, line = prefix + node.id, document.place(node.pointer).line
            earlier = self._known.get(node) if node in checked.unchanged else None
            if earlier is None:
                known[node] = _info(checked, node, prefix, parent, line)
            elif earlier.line == line:
                known[node] = earlier
            else:
                known[node] = earlier.model_copy(update={"line": line})
            for inner in _shown_bodies(node):
                self._add(known, checked, document, inner, path)


def _shown_bodies(node: StepNode) -> Iterator[Body]:
    if node.step.for_each is None:
        yield from node.bodies if node.step.type != "loop" else node.catches


def _info(checked: Checked, node: StepNode, prefix: str, parent: str | None, line: int) -> StepInfo:
    body = node.body
    needs = [each for each in checked.graph.demands(node) if each.body is body]
    return StepInfo(
        path=prefix + node.id,
        step_id=node.id,
        step_name=node.step.name or node.id,
        step_type=node.step.type,
        parent=parent,
        needs=[prefix + each.id for each in (*needs, *checked.graph.comes_after(node))],
        line=line,
        branch=body.name or (catch_name(body.on) if body.kind == "catch" else None),
        pool=node.pool,
    )
