"""Path conditions: requirements for a step to run, in a form that can be compared."""

from collections.abc import Iterable, Iterator

from jinja2 import nodes

from wftui.compiler.expressions.expression import Expression
from wftui.compiler.text_caches import text_cache
from wftui.model.base import Json
from wftui.model.data_class import dataclass

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
class PathCondition:
    """A condition on the value of one expression.

    Attributes:
        subject: the expression, in a form that equals for equal expressions.
        sign: `in` and `notin` with the values it may or may not have, or a comparison with a number.
        values: those values; of a comparison, the number.
    """

    subject: str
    sign: str
    values: tuple[Json, ...]

    def excludes(self, other: "PathCondition") -> bool:
        """Return whether the two can never hold together."""
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


def conditions_of(tree: nodes.Expr, *, holds: bool = True) -> Iterator[PathCondition]:
    """Yield the conditions that follow from an expression being true (or false)."""
    match tree:
        case nodes.Const():
            if bool(tree.value) is not holds:
                yield PathCondition("the condition", "in", ())
        case nodes.Not():
            yield from conditions_of(tree.node, holds=not holds)
        case nodes.And() if holds:
            yield from conditions_of(tree.left)
            yield from conditions_of(tree.right)
        case nodes.Or() if not holds:
            yield from conditions_of(tree.left, holds=False)
            yield from conditions_of(tree.right, holds=False)
        case nodes.Compare() if len(tree.ops) == 1:
            yield from _comparison(tree, holds=holds)
        case nodes.Name() | nodes.Getattr() | nodes.Getitem():
            yield PathCondition(_key(tree), "in", (holds,))
        case nodes.And() | nodes.Or() | nodes.Compare():
            pass
        case _:
            yield PathCondition(_key(tree), "in", (holds,))


@text_cache(20_000)
def conditions_of_expression(condition: Expression) -> tuple[PathCondition, ...]:
    """Return the conditions that follow from an expression being true."""
    return tuple(conditions_of(condition.tree)) if condition.tree is not None else ()


@text_cache(20_000)
def status_condition(step_id: str, statuses: tuple[str, ...]) -> PathCondition:
    """Return the condition that a step has one of some statuses."""
    path = nodes.Getattr(nodes.Getattr(nodes.Name("steps", "load"), step_id, "load"), "status", "load")
    return PathCondition(_key(path), "in", statuses)


def contradiction(
    conditions: Iterable[PathCondition], new: Iterable[PathCondition]
) -> tuple[PathCondition, PathCondition] | None:
    """Return the first contradiction that a new condition makes; None without one.

    A contradiction to a known condition comes before one between two new ones.

    A condition that can never hold is returned as both.
    """
    by_subject: dict[str, list[PathCondition]] = {}
    for condition in conditions:
        by_subject.setdefault(condition.subject, []).append(condition)
    for condition in new:
        if condition.sign == "in" and not condition.values:
            return condition, condition
        known = by_subject.setdefault(condition.subject, [])
        for other in known:
            if other.excludes(condition):
                return other, condition
        known.append(condition)
    return None


def _comparison(tree: nodes.Compare, *, holds: bool) -> Iterator[PathCondition]:
    sign, left, right = tree.ops[0].op, tree.expr, tree.ops[0].expr
    if not holds:
        sign = _OPPOSITE[sign]
    if sign in ("in", "notin"):
        values = _constants(right)
        if values is not None:
            yield PathCondition(_key(left), sign, values)
        return
    if isinstance(left, nodes.Const):
        left, right, sign = right, left, _MIRRORED[sign]
    if isinstance(left, nodes.Const) or not isinstance(right, nodes.Const):
        return
    if sign in ("eq", "ne"):
        yield PathCondition(_key(left), "in" if sign == "eq" else "notin", (right.value,))
    elif type(right.value) in (int, float):
        yield PathCondition(_key(left), sign, (right.value,))


def _constants(tree: nodes.Expr) -> tuple[Json, ...] | None:
    if isinstance(tree, nodes.List | nodes.Tuple) and all(isinstance(each, nodes.Const) for each in tree.items):
        return tuple(each.value for each in tree.items if isinstance(each, nodes.Const))
    return None


def _key(tree: nodes.Node) -> str:
    """Return a text that is equal for equal expressions; Jinja nodes omit positions."""
    return repr(tree)


def _allows(condition: PathCondition, value: Json) -> bool:
    """Return whether a value meets a condition."""
    if condition.sign == "in":
        return any(_same(value, each) for each in condition.values)
    if condition.sign == "notin":
        return not any(_same(value, each) for each in condition.values)
    limit = condition.values[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    match condition.sign:
        case "lt":
            return bool(value < limit)
        case "lteq":
            return bool(value <= limit)
        case "gt":
            return bool(value > limit)
    return bool(value >= limit)


def _same(left: Json, right: Json) -> bool:
    return bool(left == right)


def _apart(low: PathCondition, high: PathCondition) -> bool:
    """Return whether the upper bound of `low` lies below the lower bound of `high`."""
    if low.sign not in ("lt", "lteq") or high.sign not in ("gt", "gteq"):
        return False
    if low.values[0] < high.values[0]:
        return True
    return bool(low.values[0] == high.values[0] and (low.sign == "lt" or high.sign == "gt"))
