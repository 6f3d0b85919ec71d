"""What must be true for a step to run, as far as its conditions say it in a form that can be compared."""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jinja2 import nodes

from wftui.compiler.expressions.expression import Expression
from wftui.model.base import Json

_MIRRORED = {"lt": "gt", "lteq": "gteq", "gt": "lt", "gteq": "lteq", "eq": "eq", "ne": "ne"}
_OPPOSITE = {
    "lt": "gteq",
    "lteq": "gt",
    "gt": "lteq",
    "gteq": "lt",
    "eq": "ne",
    "ne": "eq",
    "in": "notin",
    "notin": "in",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that must hold of one expression.

    Attributes:
        subject: the expression, in a form that equals for equal expressions.
        sign: `in` and `notin` with the values it may or may not have, or a comparison with a number.
        values: those values; of a comparison, the number.
    """

    subject: str
    sign: str
    values: tuple[Json, ...]

    def excludes(self, other: "Fact") -> bool:
        """Whether both can never hold together."""
        if self.subject != other.subject:
            return False
        if self.sign == "in":
            return not any(_allows(other, value) for value in self.values)
        if other.sign == "in":
            return not any(_allows(self, value) for value in other.values)
        if self.sign in _BOUNDS and other.sign in _BOUNDS:
            return _apart(self, other) or _apart(other, self)
        return False


_BOUNDS = frozenset({"lt", "lteq", "gt", "gteq"})


def facts_of(tree: nodes.Expr, *, holds: bool = True) -> Iterator[Fact]:
    """The facts that follow from a condition being true (or false)."""
    match tree:
        case nodes.Const():
            if bool(tree.value) is not holds:
                yield Fact("the condition", "in", ())
        case nodes.Not():
            yield from facts_of(tree.node, holds=not holds)
        case nodes.And() if holds:
            yield from facts_of(tree.left)
            yield from facts_of(tree.right)
        case nodes.Or() if not holds:
            yield from facts_of(tree.left, holds=False)
            yield from facts_of(tree.right, holds=False)
        case nodes.Compare() if len(tree.ops) == 1:
            yield from _comparison(tree, holds=holds)
        case nodes.Name() | nodes.Getattr() | nodes.Getitem():
            yield Fact(_key(tree), "in", (holds,))
        case nodes.And() | nodes.Or() | nodes.Compare():
            pass
        case _:
            yield Fact(_key(tree), "in", (holds,))


@functools.lru_cache(maxsize=20_000)
def facts_of_condition(condition: Expression) -> tuple[Fact, ...]:
    """The facts that follow from a condition being true."""
    return tuple(facts_of(condition.tree)) if condition.tree is not None else ()


@functools.lru_cache(maxsize=20_000)
def status_fact(step_id: str, statuses: tuple[str, ...]) -> Fact:
    """That a step has one of some statuses."""
    path = nodes.Getattr(nodes.Getattr(nodes.Name("steps", "load"), step_id, "load"), "status", "load")
    return Fact(_key(path), "in", statuses)


def contradiction(facts: Iterable[Fact], new: Iterable[Fact]) -> tuple[Fact, Fact] | None:
    """The first of some new facts that excludes a known one, or another new one; a known one comes first.

    A fact that nothing can fulfil stands for both.
    """
    by_subject: dict[str, list[Fact]] = {}
    for fact in facts:
        by_subject.setdefault(fact.subject, []).append(fact)
    for fact in new:
        if fact.sign == "in" and not fact.values:
            return fact, fact
        known = by_subject.setdefault(fact.subject, [])
        for other in known:
            if other.excludes(fact):
                return other, fact
        known.append(fact)
    return None


def _comparison(tree: nodes.Compare, *, holds: bool) -> Iterator[Fact]:
    sign, left, right = tree.ops[0].op, tree.expr, tree.ops[0].expr
    if not holds:
        sign = _OPPOSITE[sign]
    if sign in ("in", "notin"):
        values = _constants(right)
        if values is not None:
            yield Fact(_key(left), sign, values)
        return
    if isinstance(left, nodes.Const):
        left, right, sign = right, left, _MIRRORED[sign]
    if isinstance(left, nodes.Const) or not isinstance(right, nodes.Const):
        return
    if sign in ("eq", "ne"):
        yield Fact(_key(left), "in" if sign == "eq" else "notin", (right.value,))
    elif type(right.value) in (int, float):
        yield Fact(_key(left), sign, (right.value,))


def _constants(tree: nodes.Expr) -> tuple[Json, ...] | None:
    if isinstance(tree, nodes.List | nodes.Tuple) and all(isinstance(each, nodes.Const) for each in tree.items):
        return tuple(each.value for each in tree.items if isinstance(each, nodes.Const))
    return None


def _key(tree: nodes.Node) -> str:
    """The same text for the same expression: Jinja's nodes show their fields and not their place."""
    return repr(tree)


def _allows(fact: Fact, value: Json) -> bool:
    """Whether a value fulfils a fact."""
    if fact.sign == "in":
        return any(_same(value, each) for each in fact.values)
    if fact.sign == "notin":
        return not any(_same(value, each) for each in fact.values)
    limit = fact.values[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    match fact.sign:
        case "lt":
            return bool(value < limit)
        case "lteq":
            return bool(value <= limit)
        case "gt":
            return bool(value > limit)
    return bool(value >= limit)


def _same(left: Json, right: Json) -> bool:
    return bool(left == right)


def _apart(low: Fact, high: Fact) -> bool:
    """Whether `low` bounds from above, below what `high` bounds from below."""
    if low.sign not in ("lt", "lteq") or high.sign not in ("gt", "gteq"):
        return False
    if low.values[0] < high.values[0]:
        return True
    return bool(low.values[0] == high.values[0] and (low.sign == "lt" or high.sign == "gt"))
