"""Which steps an expression may name, and what it means for the order when it names one."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from wftui.compiler.tree.nodes import Body, StepNode, Tree


@dataclass(slots=True)
class Scopes:
    """The steps of a workflow by id, everywhere and per list."""

    tree: Tree
    everywhere: dict[str, StepNode] = field(default_factory=dict)
    of_body: dict[int, dict[str, StepNode]] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: Tree) -> "Scopes":
        """Index a workflow; of steps with the same id, the first counts."""
        scopes = cls(tree)
        for node in tree.walk():
            if node.id:
                scopes.everywhere.setdefault(node.id, node)
                scopes.of_body.setdefault(id(node.body), {}).setdefault(node.id, node)
        return scopes

    def visible(self, body: Body, step_id: str) -> StepNode | None:
        """The step that an expression in this list means by an id; None when it cannot see one."""
        for each in self.around(body):
            found = self.of_body.get(id(each), {}).get(step_id)
            if found is not None:
                return found
        return None

    def names(self, body: Body) -> Iterator[str]:
        """The ids that an expression in this list may use."""
        for each in self.around(body):
            yield from self.of_body.get(id(each), {})

    def around(self, body: Body) -> Iterator[Body]:
        """A list of steps and those around it, from the inside out; the workflow's steps are around its `finally`."""
        current: Body | None = body
        while current is not None:
            yield current
            if current.kind == "finally":
                yield self.tree.main
            current = current.owner.body if current.owner else None


def waiting_step(node: StepNode, body: Body) -> StepNode | None:
    """The step of a list that is, or contains, another step: the one that has to wait in its place."""
    current: StepNode | None = node
    while current is not None and current.body is not body:
        current = current.body.owner
    return current
