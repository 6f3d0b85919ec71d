"""The outline of a workflow: its steps as a graph."""

from dataclasses import field

from wftui.compiler.checks.checked import Checked
from wftui.compiler.source.document import Document
from wftui.compiler.tree.nodes import Body, StepNode
from wftui.model.data_class import dataclass
from wftui.model.run.steps import StepInfo, catch_name

_Found = tuple[dict[StepNode, StepInfo], dict[StepNode, StepInfo]]
"""Entries of steps with a fixed path, and of those inside iterations."""


@dataclass(slots=True)
class Outliner:
    """Makes the outline of a workflow; keeps the entries of unchanged steps."""

    _known: dict[StepNode, StepInfo] = field(default_factory=dict)

    def step_infos(self, checked: Checked, document: Document) -> tuple[list[StepInfo], list[StepInfo]]:
        """Return the steps with a fixed path, and those inside a forEach or a loop.

        The first are equal to `runtime.plan.step_infos` of the compiled workflow, without running it.
        """
        assert checked.tree is not None
        fixed: dict[StepNode, StepInfo] = {}
        repeated: dict[StepNode, StepInfo] = {}
        for body in (checked.tree.main, checked.tree.finally_):
            self._add((fixed, repeated), checked, document, body, None)
        self._known = fixed | repeated
        return list(fixed.values()), list(repeated.values())

    def _add(self, found: _Found, checked: Checked, document: Document, body: Body, parent: str | None) -> None:
        known, repeated = found
        prefix = f"{parent}." if parent else ""
        for node in checked.graph.order(body):
            line = document.start_of(body.pointer, node.index)[0]
            earlier = self._known.get(node) if node in checked.unchanged else None
            if earlier is None:
                known[node] = _info(checked, node, prefix, parent, line)
            elif earlier.line == line:
                known[node] = earlier
            else:
                known[node] = earlier.model_copy(update={"line": line})
            for inner in node.bodies:
                fixed = _has_fixed_paths(node, inner)
                self._add(found if fixed else (repeated, repeated), checked, document, inner, prefix + node.id)


def _has_fixed_paths(node: StepNode, body: Body) -> bool:
    if node.step.for_each is not None:
        return False
    return node.step.type != "loop" or body in node.catches


def _branch(body: Body) -> str | None:
    if body.kind == "catch":
        return catch_name(body.on)
    return body.kind if body.kind == "finally" else body.name or None


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
        branch=_branch(body),
        pool=node.pool,
    )
