"""Translate Jinja's syntax tree to Python: paths, operators, conditions.

Filters and calls are in `calls`.
"""

import re
from typing import Any

from jinja2 import nodes

from wftui.compiler.expressions.calls import CallTranslator
from wftui.compiler.expressions.reference import Reference, Root
from wftui.compiler.python_code import Atom, Code, Lambda, Operation, Sign, call, listing, literal, mapping, tuple_of
from wftui.compiler.source.text_diagnostic import TextDiagnostic
from wftui.model.text.suggestions import did_you_mean, mistyped

ROOTS: tuple[Root, ...] = ("inputs", "steps", "run", "env", "secrets", "connection")
STEP_PARTS = ("output", "status", "error", "attempts")
RUN_PARTS = ("id", "startedAt", "attempt", "workflowId", "status", "error")

_ARITHMETIC: dict[type[nodes.Node], str] = {
    nodes.Add: "operators.add",
    nodes.Sub: "operators.subtract",
    nodes.Mul: "operators.multiply",
    nodes.Div: "operators.divide",
    nodes.FloorDiv: "operators.floor_divide",
    nodes.Mod: "operators.modulo",
    nodes.Pow: "operators.power",
}
_SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in"}
_ATTRIBUTE = re.compile(r"\.\s*(\w+)")
_NOTHING = Atom("None")


class Translator:
    """Translator of one expression; collects its references and diagnostics."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.references: list[Reference] = []
        self.diagnostics: list[TextDiagnostic] = []
        self.soft = 0
        self.guards: list[tuple[str | int, ...]] = []

    @property
    def calls(self) -> CallTranslator:
        """The translator of calls; a kept one would leave a cycle for each expression."""
        return CallTranslator(self)

    def diagnostic(
        self,
        node: nodes.Node,
        message: str,
        length: int = 1,
        code: str = "expression.refused",
        replacement: str | None = None,
    ) -> Code:
        """Note a diagnostic at a node; the code returned is never used."""
        self.diagnostics.append(TextDiagnostic(code, message, node.lineno, length, replacement))
        return _NOTHING

    def translate(self, node: nodes.Expr) -> Code:
        """Return the code of a node."""
        if isinstance(node, nodes.Const):
            return literal(node.value)
        if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            return self._path(node)
        if isinstance(node, nodes.Filter):
            return self.calls.filter(node)
        if isinstance(node, nodes.Test):
            return self.calls.test(node)
        if isinstance(node, nodes.Call):
            return self.calls.function(node)
        if isinstance(node, nodes.And | nodes.Or):
            return self._logical(node)
        if isinstance(node, nodes.Not):
            return Operation("not", (self.translate(node.node),))
        if isinstance(node, nodes.Compare):
            return self._compare(node)
        if isinstance(node, nodes.CondExpr):
            return self._condition(node)
        if isinstance(node, nodes.Concat):
            return call("values.text", *(self.translate(each) for each in node.nodes))
        if isinstance(node, nodes.Neg):
            if isinstance(node.node, nodes.Const) and type(node.node.value) in (int, float):
                return literal(-node.node.value)
            return call("operators.negative", self.translate(node.node))
        if isinstance(node, nodes.Pos):
            return call("operators.positive", self.translate(node.node))
        if isinstance(node, nodes.BinExpr) and type(node) in _ARITHMETIC:
            return call(_ARITHMETIC[type(node)], self.translate(node.left), self.translate(node.right))
        if isinstance(node, nodes.List | nodes.Tuple):
            return listing([self.translate(each) for each in node.items])
        if isinstance(node, nodes.Dict):
            return self._object(node)
        return self.diagnostic(node, f"{type(node).__name__.lower()} is not part of the expression language")

    def lazily(self, node: nodes.Expr) -> Code:
        """Return the code of a node as a function, with missing values allowed for."""
        self.soft += 1
        code = self.translate(node)
        self.soft -= 1
        return Lambda(code)

    # --- paths

    def _path(self, node: nodes.Expr) -> Code:
        """Translate `a.b[0].c`: literal keys in one look-up, computed ones separately."""
        chain: list[nodes.Getattr | nodes.Getitem] = []
        base = node
        while isinstance(base, nodes.Getattr | nodes.Getitem):
            chain.append(base)
            base = base.node
        chain.reverse()
        keys: list[str | int] = []
        for link in chain:
            key = literal_key(link)
            if key is None:
                break
            keys.append(key)
        rest = chain[len(keys) :]
        if isinstance(base, nodes.Name):
            end = self._end_of(chain[len(keys) - 1]) if keys else base.lineno + len(base.name)
            code = self._named(base, tuple(keys), end - base.lineno)
        else:
            code = self.translate(base)
            if keys:
                code = call("values.look_up", code, literal("the value"), *map(literal, keys))
        for link in rest:
            code = self._step_into(code, link)
        return code

    def _step_into(self, code: Code, link: nodes.Getattr | nodes.Getitem) -> Code:
        key = literal_key(link)
        if key is not None:
            return call("values.look_up", code, literal("the value"), literal(key))
        assert isinstance(link, nodes.Getitem)
        if isinstance(link.arg, nodes.Slice):
            bounds = (link.arg.start, link.arg.stop, link.arg.step)
            return call("values.cut", code, *(self.translate(each) if each else _NOTHING for each in bounds))
        return call("values.item", code, self.translate(link.arg))

    def _named(self, name: nodes.Name, keys: tuple[str | int, ...], length: int) -> Code:
        """Translate a path that begins with a root name or a loop variable."""
        root = name.name
        if root == "null":
            return _NOTHING if not keys else self.diagnostic(name, "null has no keys", 4)
        if root not in ROOTS:
            self._refer("local", (root, *keys), name, length)
            return call("values.local", Atom("scope"), literal(root), *map(literal, keys))
        self._refer(root, keys, name, length)
        if root == "steps":
            return self._step(name, keys, length)
        if root in ("inputs", "env", "run") and not keys:
            return call("values.plain", Atom(f"scope.{root}"))
        if not keys:
            return self.diagnostic(name, f"{root} needs a name: {root}.name", length)
        if root == "run" and keys[0] not in RUN_PARTS:
            known = f"{', '.join(RUN_PARTS[:-2])}; in finally also {' and '.join(RUN_PARTS[-2:])}"
            return self._unknown_part(name, f"run has no {keys[0]!r}; it has {known}", str(keys[0]), RUN_PARTS)
        return call("values.look_up", Atom(f"scope.{root}"), literal(root), *map(literal, keys))

    def _step(self, name: nodes.Name, keys: tuple[str | int, ...], length: int) -> Code:
        if not keys or not isinstance(keys[0], str):
            return self.diagnostic(name, "steps needs the id of a step: steps.id.output", length)
        if len(keys) == 1:
            message = f"steps.{keys[0]} must be followed by one of {', '.join(STEP_PARTS)}"
            end = name.lineno + length
            replacement = f"{self.text[name.lineno : end]}.output" if self.text[end : end + 1] != "-" else None
            message += "" if replacement else "; an id has no hyphen, which subtracts"
            return self.diagnostic(name, message, length, "expression.step_part", replacement)
        step_id, part, *rest = keys
        view = call("values.step", Atom("scope"), literal(step_id))
        if part == "output":
            return call("values.output", Atom("scope"), literal(step_id), *map(literal, rest))
        if part == "error":
            error = Atom(f"{view.flat}.error")
            if not rest:
                return error
            return call("values.look_up", error, literal(f"steps.{step_id}.error"), *map(literal, rest))
        if part in ("status", "attempts") and not rest:
            return Atom(f"{view.flat}.{part}")
        if part in STEP_PARTS:
            return self.diagnostic(name, f"steps.{step_id}.{part} has no keys", length)
        return self._unknown_part(
            name,
            f"a step has no {part!r}; it has {', '.join(STEP_PARTS)}",
            str(part),
            STEP_PARTS,
            f"steps.{step_id}.output.{part}",
        )

    def _unknown_part(
        self, name: nodes.Name, message: str, word: str, known: tuple[str, ...], otherwise: str | None = None
    ) -> Code:
        offset = self.text.find(word, name.lineno)
        guess = mistyped(word, known)
        meant = did_you_mean(guess or otherwise)
        message += meant
        replacement = guess or (f"output.{word}" if otherwise else None)
        self.diagnostics.append(TextDiagnostic("expression.step_part", message, offset, len(word), replacement))
        return _NOTHING

    def _refer(self, root: Root, path: tuple[str | int, ...], name: nodes.Name, length: int) -> None:
        whole = path if root == "local" else (root, *path)
        guarded = any(whole[: len(each)] == each for each in self.guards)
        self.references.append(Reference(root, path, name.lineno, length, self.soft > 0, guarded))

    def _end_of(self, link: nodes.Getattr | nodes.Getitem) -> int:
        found = _ATTRIBUTE.match(self.text, link.lineno)
        if found:
            return found.end()
        return self.text.find("]", link.lineno) + 1

    # --- the rest

    def _compare(self, node: nodes.Compare) -> Code:
        first = self.translate(node.expr)
        pairs = [(_SIGNS[operand.op], self.translate(operand.expr)) for operand in node.ops]
        if len(pairs) == 1:
            sign, second = pairs[0]
            if sign in ("==", "!="):
                return Operation("==" if sign == "==" else "!=", (first, second))
            if sign == "in":
                return call("operators.contains", first, second)
            if sign == "not in":
                return Operation("not", (call("operators.contains", first, second),))
            return call("operators.compare", first, literal(sign), second)
        rest = [tuple_of([literal(sign), Lambda(operand)]) for sign, operand in pairs]
        return call("operators.compare_all", first, *rest)

    def _logical(self, node: nodes.And | nodes.Or) -> Code:
        """Translate `a and b and c`; what follows `x is defined` may read `x`."""
        sign: Sign = "and" if isinstance(node, nodes.And) else "or"
        operands, before = [], len(self.guards)
        for each in _flattened(node):
            operands.append(self.translate(each))
            self.guards += defined_paths(each, sign == "and")
        del self.guards[before:]
        return Operation(sign, tuple(operands))

    def _guarded(self, node: nodes.Expr, test: nodes.Expr, truth: bool) -> Code:
        """Translate what is evaluated only if a test is true, or false."""
        before = len(self.guards)
        self.guards += defined_paths(test, truth)
        code = self.translate(node)
        del self.guards[before:]
        return code

    def _condition(self, node: nodes.CondExpr) -> Code:
        chosen, condition = self._guarded(node.expr1, node.test, True), self.translate(node.test)
        if node.expr2 is None:
            message = "`if` needs an `else` with the value for a false condition"
            return self.diagnostic(node, message, 1, "expression.else")
        return Operation("if", (chosen, condition, self._guarded(node.expr2, node.test, False)))

    def _object(self, node: nodes.Dict) -> Code:
        items: dict[str, Code] = {}
        for pair in node.items:
            if not (isinstance(pair.key, nodes.Const) and isinstance(pair.key.value, str)):
                return self.diagnostic(pair.key, "the keys of an object must be in quotes")
            items[pair.key.value] = self.translate(pair.value)
        return mapping(list(items.items()))


def literal_key(link: nodes.Getattr | nodes.Getitem) -> str | int | None:
    """Return the key of a link, if it is literal."""
    if isinstance(link, nodes.Getattr):
        return link.attr
    value: Any = None
    if isinstance(link.arg, nodes.Const):
        value = link.arg.value
    elif isinstance(link.arg, nodes.Neg) and isinstance(link.arg.node, nodes.Const):
        value = -link.arg.node.value if type(link.arg.node.value) is int else None
    return value if type(value) in (str, int) else None


def _flattened(node: nodes.And | nodes.Or) -> list[nodes.Expr]:
    """Return the operands of `a and b and c`, however they are nested to the left."""
    operands: list[nodes.Expr] = []
    current: nodes.Expr = node
    while type(current) is type(node):
        assert isinstance(current, nodes.And | nodes.Or)
        operands.append(current.right)
        current = current.left
    return [current, *reversed(operands)]


def defined_paths(test: nodes.Expr | None, truth: bool) -> list[tuple[str | int, ...]]:
    """Return the paths that are defined if a test is true, or false."""
    if isinstance(test, nodes.Not):
        return defined_paths(test.node, not truth)
    if isinstance(test, nodes.And if truth else nodes.Or):
        return [path for each in _flattened(test) for path in defined_paths(each, truth)]
    if not isinstance(test, nodes.Test) or test.name != ("defined" if truth else "undefined"):
        return []
    keys: list[str | int] = []
    node: nodes.Node = test.node
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        key = literal_key(node)
        if key is None:
            return []
        keys.append(key)
        node = node.node
    return [(node.name, *reversed(keys))] if isinstance(node, nodes.Name) else []
