"""Folding: hide the contents of closed containers, collapse large fan-outs."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wftui.tui.canvas.graph import CanvasNode, children_of
from wftui.tui.canvas.layout import layers

FOLD_ABOVE = 60
"""Number of nodes above which fan-outs fold."""
FAN_OUT = 4
"""Minimum number of similar steps in one layer to fold."""

_NUMBER = re.compile(r"(?:[\W_]*(?:ID)?\d+)+$")
_STRONGEST = ("failed", "running", "waiting", "interrupted", "pending", "completed", "cancelled", "skipped")
_OVER = ("completed", "failed", "cancelled", "skipped")


@dataclass(slots=True)
class Folded:
    """The nodes to show.

    Attributes:
        nodes: nodes in order.
        shown_as: for each hidden step, the node that represents it.
        members: step paths represented by a folded fan-out, by its id.
    """

    nodes: list[CanvasNode] = field(default_factory=list)
    shown_as: dict[str, str] = field(default_factory=dict)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Folds:
    """Folding state chosen by the user."""

    def __init__(self) -> None:
        self._closed: set[str] = set()
        self._opened: set[str] = set()

    def apply(self, nodes: Sequence[CanvasNode], *, fan_outs: bool) -> Folded:
        """Return the nodes to show."""
        return fold(nodes, closed=self._closed, opened=self._opened, fan_outs=fan_outs)

    def reveal(self, nodes: Sequence[CanvasNode], path: str) -> None:
        """Open the containers around a step."""
        parents = {node.path: node.parent for node in nodes}
        above = parents.get(path)
        while above is not None and above in parents:
            self._closed.discard(above)
            above = parents[above]

    def toggle(self, nodes: Sequence[CanvasNode], path: str, folded: Folded) -> bool:
        """Toggle a shown container, a fan-out, or the fan-out a step belongs to.

        Returns:
            Whether anything changed.
        """
        group = fold(nodes, closed=self._closed, fan_outs=True).shown_as.get(path)
        if path in folded.members:
            self._opened.add(path)
        elif path in self._closed:
            self._closed.remove(path)
        elif any(node.parent == path for node in nodes):
            self._closed.add(path)
        elif group in self._opened:
            self._opened.remove(group)
        else:
            return False
        return True


def fold(
    nodes: Sequence[CanvasNode], *, closed: Collection[str] = (), opened: Collection[str] = (), fan_outs: bool = False
) -> Folded:
    """Hide the contents of `closed` containers, and optionally fold fan-outs.

    Fan-outs fold only in large graphs, and only those not in `opened`.
    """
    found = _close(nodes, closed)
    if fan_outs and len(found.nodes) > FOLD_ABOVE:
        _fold_fan_outs(found, opened)
    return found


def stem(label: str) -> str:
    """Strip the trailing number: `align_ID0042` and `align_ID0043` give `align`."""
    return _NUMBER.sub("", label) or label


def summary(members: Iterable[str], statuses: Mapping[str, str]) -> tuple[str, str]:
    """Return the most urgent status of a folded fan-out and its progress counter."""
    counts = Counter(statuses.get(path, "pending") for path in members)
    over = sum(counts[word] for word in _OVER)
    return next(word for word in _STRONGEST if counts[word]), f"{over}/{counts.total()}"


def _close(nodes: Sequence[CanvasNode], closed: Collection[str]) -> Folded:
    found = Folded()
    inside = children_of(nodes)

    def hide(parent: str, shown_as: str) -> int:
        for node in inside.get(parent, []):
            found.shown_as[node.path] = shown_as
        return sum(1 + hide(node.path, shown_as) for node in inside.get(parent, []))

    for node in nodes:
        if node.path in found.shown_as:
            continue
        if node.path in closed and (hidden := hide(node.path, node.path)):
            found.nodes.append(replace(node, label=f"{node.label} [{hidden}]"))
        else:
            found.nodes.append(node)
    return found


def _joined(conditions: Sequence[str], word: str) -> str:
    """Return the one condition that all have, else how many there are."""
    different = {*conditions}
    return conditions[0] if len(different) == 1 else f"{len(different - {''})} {word}"


def _fold_fan_outs(found: Folded, opened: Collection[str]) -> None:
    inside = children_of(found.nodes)
    groups: dict[str, list[CanvasNode]] = {}
    for parent, scope in inside.items():
        index = {node.path: number for number, node in enumerate(scope)}
        edges = [(index[need], index[node.path]) for node in scope for need in node.needs if need in index]
        rank = layers.ranks(len(scope), layers.acyclic(len(scope), edges))
        for number, node in enumerate(scope):
            if node.path not in inside:
                # This key is not a valid step path, so it cannot collide with one.
                groups.setdefault(f"{parent or ''}/{rank[number]}/{node.kind}/{stem(node.label)}", []).append(node)
    large = {key: group for key, group in groups.items() if len(group) >= FAN_OUT and key not in opened}
    home = {node.path: key for key, group in large.items() for node in group}
    nodes: list[CanvasNode] = []
    for node in found.nodes:
        needs = tuple(dict.fromkeys(home.get(need, need) for need in node.needs))
        key = home.get(node.path)
        if key is None:
            nodes.append(replace(node, needs=needs))
            continue
        group = large[key]
        if node is group[0]:
            every = dict.fromkeys(home.get(need, need) for member in group for need in member.needs)
            label = f"{stem(node.label)} [{len(group)}]"
            nodes.append(
                CanvasNode(
                    key,
                    label,
                    node.type,
                    tuple(every),
                    node.parent,
                    counted=True,
                    pool=node.pool,
                    case=_joined([member.case for member in group], "cases"),
                    when=_joined([member.when for member in group], "conditions"),
                )
            )
            found.members[key] = tuple(member.path for member in group)
        found.shown_as[node.path] = key
    found.nodes = nodes
    found.shown_as = {path: home.get(shown, shown) for path, shown in found.shown_as.items()}
