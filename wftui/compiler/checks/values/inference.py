"""Infer the shape of an expression's value before the run, as far as possible."""

import functools
from collections.abc import Callable, Mapping

from jinja2 import nodes

from wftui.compiler.checks.values import shapes
from wftui.compiler.checks.values.shapes import UNKNOWN, NoMember, Shape, of_types, union
from wftui.compiler.expressions.expression import compile_expression
from wftui.compiler.expressions.translate import defined_paths, literal_key
from wftui.compiler.tree.bindings import Binding
from wftui.model.base import Json
from wftui.model.schema.json_schema import as_list, as_object
from wftui.runtime.filters import FILTERS
from wftui.runtime.functions import FUNCTIONS
from wftui.runtime.language.json_kinds import TYPE_WORDS

Names = Callable[[str, tuple[str | int, ...]], tuple[Shape, int]]
"""The shape of a path that begins with a name, and how many of its keys that takes in: `steps.x.output` takes two."""

_ITEM_FILTERS = frozenset({"first", "last", "min", "max"})
_SAME_FILTERS = frozenset({"sort", "reverse", "select", "reject", "selectattr", "rejectattr", "unique", "list"})
_NUMBERS = frozenset({"integer", "number"})


def shape_of(tree: nodes.Expr, names: Names) -> Shape:
    """Return the shape of an expression's value."""
    match tree:
        case nodes.Const():
            return shapes.of_literal(tree.value)
        case nodes.Name() | nodes.Getattr() | nodes.Getitem():
            return _path(tree, names)
        case nodes.Filter():
            return _filter(tree, names)
        case nodes.Test() | nodes.Compare() | nodes.Not():
            return of_types("boolean")
        case nodes.And() | nodes.Or():
            return union([shape_of(tree.left, names), shape_of(tree.right, names)])
        case nodes.CondExpr():
            other = shape_of(tree.expr2, names) if tree.expr2 is not None else UNKNOWN
            return union([shape_of(tree.expr1, names), other])
        case nodes.Concat():
            return of_types("string")
        case nodes.List() | nodes.Tuple():
            return shapes.of_items(union([shape_of(each, names) for each in tree.items]) if tree.items else UNKNOWN)
        case nodes.Dict():
            members = {
                pair.key.value: functools.partial(shape_of, pair.value, names)
                for pair in tree.items
                if isinstance(pair.key, nodes.Const) and isinstance(pair.key.value, str)
            }
            return shapes.of_members(members)
        case nodes.Call():
            name = tree.node.name if isinstance(tree.node, nodes.Name) else ""
            return _gives(FUNCTIONS[name].gives) if name in FUNCTIONS else UNKNOWN
        case nodes.Neg() | nodes.Pos() | nodes.BinExpr():
            return _arithmetic(tree, names)
    return UNKNOWN


def path_of(tree: nodes.Expr) -> tuple[nodes.Expr, list[str | int | None]]:
    """Return the base of a path and its keys; None for a computed key."""
    keys: list[str | int | None] = []
    current = tree
    while isinstance(current, nodes.Getattr | nodes.Getitem):
        keys.append(literal_key(current))
        current = current.node
    return current, keys[::-1]


def _path(tree: nodes.Expr, names: Names) -> Shape:
    base, keys = path_of(tree)
    literal: list[str | int] = []
    for key in keys:
        if key is None:
            return UNKNOWN
        literal.append(key)
    taken = 0
    if isinstance(base, nodes.Name):
        if base.name == "null":
            return of_types("null")
        shape, taken = names(base.name, tuple(literal))
    else:
        shape = shape_of(base, names)
    for key in literal[taken:]:
        inner = shapes.member(shape, key)
        if isinstance(inner, NoMember):
            return UNKNOWN
        shape = inner
    return shape


def _filter(tree: nodes.Filter, names: Names) -> Shape:
    operand = shape_of(tree.node, names) if tree.node is not None else UNKNOWN
    if tree.name in ("default", "d"):
        fallback = shape_of(tree.args[0], names) if tree.args else of_types("string")
        return union([operand, fallback])
    if tree.name in _ITEM_FILTERS:
        return shapes.item_of(operand)
    if tree.name in _SAME_FILTERS and operand.types == frozenset({"array"}):
        return operand
    entry = FILTERS.get(tree.name)
    return _gives(entry.gives) if entry is not None else UNKNOWN


def _arithmetic(tree: nodes.Neg | nodes.Pos | nodes.BinExpr, names: Names) -> Shape:
    if not isinstance(tree, nodes.BinExpr):
        return of_types("number")
    left, right = shape_of(tree.left, names).types, shape_of(tree.right, names).types
    if isinstance(tree, nodes.Add | nodes.Mul):
        if left is not None and right is not None and left | right <= _NUMBERS:
            return of_types(*(left | right))
        return UNKNOWN
    return of_types("number")


def _gives(kind: str) -> Shape:
    return UNKNOWN if kind == "any" else of_types(kind)


def compatible(given: frozenset[str], wanted: frozenset[str]) -> bool:
    """Return whether a value of the given types can have a wanted type.

    A number may be an integer.
    """
    if given & wanted:
        return True
    return bool(given & _NUMBERS and wanted & _NUMBERS)


def in_words(types: frozenset[str]) -> str:
    """Return types in words: `a text or null`."""
    return " or ".join(word for kind, word in TYPE_WORDS.items() if kind in types)


def is_given(binding: Binding, name: str | int) -> bool:
    """Return whether the condition of its step says that an input is defined."""
    when = binding.node.step.when if binding.node is not None and binding.use != "when" else None
    tree = compile_expression(when).tree if when else None
    return ("inputs", name) in defined_paths(tree, True)


def optional_inputs(schema: Mapping[str, Json]) -> frozenset[str]:
    """Return the inputs that may be absent: not required, and without a default."""
    required, given = as_list(schema.get("required")), {"default", "$ref", "allOf", "anyOf", "oneOf", "const"}
    properties = as_object(schema.get("properties")).items()
    return frozenset(
        name
        for name, known in properties
        if isinstance(known, dict) and name not in required and given.isdisjoint(known)
    )
