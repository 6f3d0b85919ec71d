"""Scopes: the steps an expression may name, and the order that follows from it."""

from collections.abc import Iterator
from dataclasses import field

from wftui.compiler.tree.nodes import Body, StepNode, WorkflowTree
from wftui.model.data_class import dataclass


@dataclass(slots=True)
class Scopes:
    """The steps of a workflow by id, everywhere and per list."""

    tree: WorkflowTree
    everywhere: dict[str, StepNode] = field(default_factory=dict)
    of_body: dict[int, dict[str, StepNode]] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: WorkflowTree) -> "Scopes":
        """Index a workflow; of steps with the same id, the first wins."""
        scopes = cls(tree)
        for node in tree.walk():
            if node.id:
                scopes.everywhere.setdefault(node.id, node)
                scopes.of_body.setdefault(id(node.body), {}).setdefault(node.id, node)
        return scopes

    def visible(self, body: Body, step_id: str) -> StepNode | None:
        """Return the step that an id means in this list; None if none is visible."""
        for each in self.around(body):
            found = self.of_body.get(id(each), {}).get(step_id)
            if found is not None:
                return found
        return None

    def names(self, body: Body) -> Iterator[str]:
        """Yield the ids that an expression in this list may use."""
        for each in self.around(body):
            yield from self.of_body.get(id(each), {})

    def around(self, body: Body) -> Iterator[Body]:
        """Yield a list of steps and those around it, inside out; `finally` is in `steps`."""
        current: Body | None = body
        while current is not None:
            yield current
            if current.kind == "finally":
                yield self.tree.main
            current = current.owner.body if current.owner else None


def waiting_step(node: StepNode, body: Body) -> StepNode | None:
    """Return the step of a list that contains (or is) another: it has to wait."""
    current: StepNode | None = node
    while current is not None and current.body is not body:
        current = current.body.owner
    return current
