"""Steps that an edit moved within their list, under other pointers."""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import field, replace

from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.nodes import Body, KnownNodes, StepNode, walk_of
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.workflow.compilation import Fix


@dataclass(slots=True)
class MovedSteps:
    """Steps at other positions of their list than before, in the same order.

    Attributes:
        pointer: of the list.
        indexes: their positions by those they had, as texts.
        nodes: these steps, and those inside them.
    """

    pointer: str
    indexes: dict[str, str] = field(default_factory=dict)
    nodes: list[StepNode] = field(default_factory=list)
    _moved: dict[str, str] = field(default_factory=dict)
    _origins: dict[int, tuple[Diagnostic, Diagnostic]] = field(default_factory=dict)

    def moved(self, pointer: str) -> str:
        """Return the pointer of what had another one before the edit."""
        found = self._moved.get(pointer)
        if found is None:  # each is asked for by what is found at it, four times
            found = self._moved[pointer] = self._new(pointer)
        return found

    def _new(self, pointer: str) -> str:
        base = f"{self.pointer}/"
        if not pointer.startswith(base):
            return pointer
        index, slash, rest = pointer[len(base) :].partition("/")
        new = self.indexes.get(index)
        return pointer if new is None else f"{base}{new}{slash}{rest}"

    def diagnostics(self, found: Sequence[Diagnostic]) -> list[Diagnostic]:
        """Return diagnostics of these steps with their pointers after the edit."""
        made = []
        for each in found:
            fixes = tuple(self._fix(fix) for fix in each.fixes)
            new = replace(each, pointer=self.moved(each.pointer), fixes=fixes)
            self._origins[id(new)] = new, each
            made.append(new)
        return made

    def origin(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return what a diagnostic was before its step moved."""
        return self._origins.get(id(diagnostic), (diagnostic, diagnostic))[1]

    def _fix(self, fix: Fix) -> Fix:
        patch = [
            each.model_copy(
                update={"path": self.moved(each.path), "from_": None if each.from_ is None else self.moved(each.from_)}
            )
            for each in fix.patch
        ]
        return fix.model_copy(update={"patch": patch})


def move_steps(known: KnownNodes, nodes: Iterable[StepNode], body: Body, value: Sequence[Json]) -> MovedSteps:
    """Move the known steps of a list to where they are now.

    Steps that are no longer in the order of the others are forgotten: what depends on the order is not known of them.

    Args:
        nodes: those of `known` that were in the list.
        value: the list as it is now.
    """
    places = {id(step): index for index, step in enumerate(value)}
    listed = sorted(nodes, key=_index)
    indexes = [places.get(id(node.raw)) for node in listed]
    kept = _longest_increasing([index for index in indexes if index is not None])
    moved = MovedSteps(body.pointer)
    tops: list[tuple[StepNode, int]] = []
    for node, index in zip(listed, indexes, strict=True):
        if index is None or index == node.index:
            if index is not None and index not in kept:
                _forget(known, node)
            continue
        _forget(known, node)
        if index in kept:
            tops.append((node, index))
            moved.indexes[str(node.index)] = str(index)
    for node, index in tops:
        before, node.index = len(node.pointer), index
        pointer = f"{body.pointer}/{index}"
        for each in walk_of(node):
            each.pointer = pointer + each.pointer[before:]
            if each.inherited:
                each.inherited = {pointer + own[before:]: at for own, at in each.inherited.items()}
            if each.found:
                each.found = moved.diagnostics(each.found)
            each.forget_strings()
            for inner in each.bodies:
                inner.pointer = pointer + inner.pointer[before:]
                inner.when_pointer = inner.when_pointer and pointer + inner.when_pointer[before:]
                known.bodies[inner.pointer] = inner
            known.nodes[each.pointer] = each
            moved.nodes.append(each)
    return moved


def _index(node: StepNode) -> int:
    return node.index


def _forget(known: KnownNodes, node: StepNode) -> None:
    if not node.bodies:
        known.nodes.pop(node.pointer, None)
        return
    for each in walk_of(node):
        known.nodes.pop(each.pointer, None)
        for inner in each.bodies:
            known.bodies.pop(inner.pointer, None)


def _longest_increasing(numbers: Sequence[int]) -> set[int]:
    """Return a longest selection of different numbers that increases."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        if not ends or number > ends[-1]:
            before[number] = ends[-1] if ends else None
            ends.append(number)
        else:
            at = bisect.bisect_left(ends, number)
            before[number] = ends[at - 1] if at else None
            ends[at] = number
    found: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found
