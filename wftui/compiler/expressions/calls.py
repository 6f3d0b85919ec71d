"""Translate filters, tests and functions to calls of functions in `wftui.runtime`."""

import functools
import inspect
import re
from dataclasses import replace
from typing import Protocol

from jinja2 import nodes

from wftui.compiler.expressions.foreign_names import filter_for, instead_of_call, takes_filter
from wftui.compiler.python_code import Atom, Code, Lambda, Named, Operation, call, literal
from wftui.compiler.source.text_diagnostic import TextDiagnostic
from wftui.model.json.pointers import key_or_position
from wftui.model.text.suggestions import did_you_mean, mistyped
from wftui.runtime.filters import FILTERS
from wftui.runtime.functions import FUNCTIONS
from wftui.runtime.language.declarations import Declaration, Table
from wftui.runtime.patterns.safety import problem_of
from wftui.runtime.predicates import TESTS

# These take an expression instead of its value, so they are not entries of a table.
SPECIAL_FILTERS = ("default", "d")
SPECIAL_TESTS = ("defined", "undefined")

PATTERN_FILTERS = ("regex_search", "regex_findall", "regex_replace")

_CLOCKS = frozenset({"now", "utcnow", "today"})
_OF_PATH = re.compile(r"\(\s*(\w+(?:\.\w+|\[\w+\])*)\s*\)")
_EACH = Atom("each")
_NONE = Atom("None")
_EMPTY = {"[]": Atom("list"), "{}": Atom("dict")}


class ExpressionTranslator(Protocol):
    """The translator of the other parts of an expression; see `translate.Translator`."""

    text: str
    diagnostics: list[TextDiagnostic]

    def translate(self, node: nodes.Expr) -> Code:
        """Return the code of a node."""

    def lazily(self, node: nodes.Expr) -> Code:
        """Return the code of a node as a function without arguments; it may be missing."""

    def diagnostic(
        self,
        node: nodes.Node,
        message: str,
        length: int = 1,
        code: str = "expression.refused",
        replacement: str | None = None,
    ) -> Code:
        """Note a diagnostic at a node; the code returned is never used."""


class CallTranslator:
    """Translator of the calls of one expression; the outer one does the other parts."""

    def __init__(self, outer: ExpressionTranslator) -> None:
        self.outer = outer

    def filter(self, node: nodes.Filter) -> Code:
        """`value | name(arguments)`."""
        assert node.node is not None, "only blocks of templates have filters without a value"
        if not self._plain_arguments(node):
            return _NONE
        if node.name in SPECIAL_FILTERS:
            return self._default(node)
        entry = self._entry(node, node.name, FILTERS, "filter", SPECIAL_FILTERS[:1])
        if entry is None:
            return _NONE
        return self._apply(node, entry, self.outer.translate(node.node), list(node.args), _keywords(node))

    def test(self, node: nodes.Test) -> Code:
        """`value is name arguments`."""
        if not self._plain_arguments(node):
            return _NONE
        if node.name in SPECIAL_TESTS:
            defined = call("values.is_defined", self.outer.lazily(node.node))
            return defined if node.name == "defined" else Operation("not", (defined,))
        entry = self._entry(node, node.name, TESTS, "test", SPECIAL_TESTS)
        if entry is None:
            return _NONE
        return self._apply(node, entry, self.outer.translate(node.node), list(node.args), _keywords(node))

    def function(self, node: nodes.Call) -> Code:
        """`name(arguments)`."""
        if not isinstance(node.node, nodes.Name):
            return self._method(node)
        if not self._plain_arguments(node):
            return _NONE
        if node.node.name in _CLOCKS and node.node.name not in FUNCTIONS:
            return self._clock(node.node)
        entry = self._entry(node.node, node.node.name, FUNCTIONS, "function", ())
        if entry is None:
            self._as_filter(node, node.node)
            return _NONE
        return self._call(node, entry, [], list(node.args), _keywords(node))

    def _as_filter(self, node: nodes.Call, name: nodes.Name) -> None:
        """Offer `a.b | length` in place of `len(a.b)`."""
        known = filter_for(name.name, FILTERS)
        called = _OF_PATH.match(self.outer.text, name.lineno + len(name.name))
        if known is None or called is None or len(node.args) != 1:
            return
        if takes_filter(self.outer.text, name.lineno, called.end()):
            found = self.outer.diagnostics[-1]
            length = called.end() - found.offset
            self.outer.diagnostics[-1] = replace(found, length=length, replacement=f"{called[1]} | {known}")

    def _clock(self, name: nodes.Name) -> Code:
        """Refuse a clock: a resumed or repeated run would see another time."""
        called = re.compile(r"\s*\(\s*\)").match(self.outer.text, name.lineno + len(name.name))
        length = called.end() - name.lineno if called else len(name.name)
        message = f"there is no {name.name}(), whose value would change when a run is resumed; use run.startedAt"
        return self.outer.diagnostic(name, message, length, "expression.function", "run.startedAt" if called else None)

    def _method(self, node: nodes.Call) -> Code:
        if isinstance(node.node, nodes.Getattr):
            name = node.node.attr
            other = instead_of_call(name, FILTERS)
            meant = f"; write {other}" if other else "; use a filter: value | name(...)"
            filtered = f" | {name}" if name in FILTERS else None
            message = f"values have no methods such as .{name}(){meant}"
            return self.outer.diagnostic(node.node, message, len(name) + 1, replacement=filtered)
        return self.outer.diagnostic(node, "only functions of the expression language can be called, not values")

    # --- arguments

    def _apply(
        self, node: nodes.Expr, entry: Declaration, value: Code, args: list[nodes.Expr], kwargs: dict[str, nodes.Expr]
    ) -> Code:
        """Apply a filter or test to a value that is code already."""
        each: Code | None = None
        if entry.takes == "filter":
            each = self._map(node, args, kwargs)
        elif entry.takes == "test" and args:
            each = self._test_of_each(node, _EACH, args, kwargs)
        elif entry.takes == "attribute test":
            each = self._attribute_test(node, args, kwargs)
        else:
            path = kwargs.pop("attribute", None)
            if path is None and entry.attribute is not None and len(args) > entry.attribute:
                path = args.pop(entry.attribute)
            if path is not None and entry.attribute is None:
                return self.outer.diagnostic(
                    node, f"{entry.name} takes no attribute", len(entry.name), "expression.arguments"
                )
            if path is not None:
                each = self._attribute(path)
            return self._call(node, entry, [value], args, kwargs, each)
        return self._call(node, entry, [value], [], {}, each)

    def _call(
        self,
        node: nodes.Expr,
        entry: Declaration,
        given: list[Code],
        args: list[nodes.Expr],
        kwargs: dict[str, nodes.Expr],
        each: Code | None = None,
    ) -> Code:
        parameters = _parameters(entry)
        names = [name for name in parameters if name != "each"][len(given) :]
        diagnostic = None
        if len(args) > len(names):
            diagnostic = (
                f"takes at most {len(names)} argument{'s' * (len(names) != 1)}" if names else "takes no arguments"
            )
        for name in kwargs:
            if name not in names:
                diagnostic = f"has no argument {name!r}" + (f"; it has {', '.join(names)}" if names else "")
            elif name in names[: len(args)]:
                diagnostic = f"gets {name!r} twice"
        missing = [name for name in names[len(args) :] if parameters[name] and name not in kwargs]
        if missing:
            diagnostic = f"needs {' and '.join(missing)}"
        if each is None and parameters.get("each"):
            diagnostic = "needs an attribute"
        if diagnostic:
            return self._misused(node, f"{entry.name} {diagnostic}")
        if entry.name in PATTERN_FILTERS:
            self._check_pattern(args[0] if args else kwargs["pattern"])
        made = [*given, *(self.outer.translate(argument) for argument in args)]
        if each is not None and entry.takes != "values":
            made.append(each)
        made += [Named(f"{name}=", self.outer.translate(argument)) for name, argument in kwargs.items()]
        if each is not None and entry.takes == "values":
            made.append(Named("each=", each))
        return call(_qualified(entry), *made)

    def _misused(self, node: nodes.Expr, message: str) -> Code:
        """Note a diagnostic at the name of a filter, test or function."""
        name, start = "", node.lineno
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
            name, start = node.node.name, node.node.lineno
        elif isinstance(node, nodes.Filter | nodes.Test):
            name = node.name
        elif isinstance(node, nodes.Const):  # the name of what `map` or `select` applies, in quotes
            name = str(node.value)
        at = max(start, self.outer.text.find(name, start))  # the position of a test is that of `is`
        self.outer.diagnostics.append(TextDiagnostic("expression.arguments", message, at, len(name) or 1))
        return _NONE

    def _check_pattern(self, pattern: nodes.Expr) -> None:
        if isinstance(pattern, nodes.Const) and isinstance(pattern.value, str):
            diagnostic = problem_of(pattern.value)
            if diagnostic is not None:
                self.outer.diagnostic(pattern, diagnostic, len(pattern.value) + 2, "expression.arguments")

    def _map(self, node: nodes.Expr, args: list[nodes.Expr], kwargs: dict[str, nodes.Expr]) -> Code:
        """`map("filter", arguments)` or `map(attribute="path", default=value)`."""
        if not args and "attribute" in kwargs:
            if set(kwargs) - {"attribute", "default"}:
                return self.outer.diagnostic(node, "map only takes attribute and default", 3, "expression.arguments")
            fallback = kwargs.get("default")
            each = self._attribute(kwargs["attribute"])
            if fallback is None or not isinstance(each, Lambda):
                return each
            made = call("values.default", Lambda(each.body), Lambda(self.outer.translate(fallback)))
            return Lambda(made, "each")
        name = self._literal_name(node, args, "map needs the name of a filter, or attribute=")
        if name is None:
            return _NONE
        entry = self._entry(args[0], name, FILTERS, "filter", (), offset=1)
        if entry is None:
            return _NONE
        return Lambda(self._apply(args[0], entry, _EACH, args[1:], dict(kwargs)), "each")

    def _test_of_each(
        self, node: nodes.Expr, value: Code, args: list[nodes.Expr], kwargs: dict[str, nodes.Expr]
    ) -> Code:
        name = self._literal_name(node, args, "expected the name of a test in quotes")
        if name is None:
            return _NONE
        if name in SPECIAL_TESTS:
            defined = call("values.is_defined", Lambda(value))
            return Lambda(defined if name == "defined" else Operation("not", (defined,)), "each")
        entry = self._entry(args[0], name, TESTS, "test", SPECIAL_TESTS, offset=1)
        if entry is None:
            return _NONE
        return Lambda(self._apply(args[0], entry, value, args[1:], dict(kwargs)), "each")

    def _attribute_test(self, node: nodes.Expr, args: list[nodes.Expr], kwargs: dict[str, nodes.Expr]) -> Code:
        if not args:
            return self.outer.diagnostic(node, "expected the path of an attribute in quotes")
        each = self._attribute(args[0])
        if len(args) == 1 or not isinstance(each, Lambda):
            return each
        return self._test_of_each(node, each.body, args[1:], kwargs)

    def _attribute(self, path: nodes.Expr) -> Code:
        """Return the code of a literal path, as a function of an item."""
        if not (isinstance(path, nodes.Const) and type(path.value) in (str, int)):
            return self.outer.diagnostic(
                path, 'an attribute must be a literal path, such as "a.b"', 1, "expression.arguments"
            )
        keys = [key_or_position(key) for key in str(path.value).split(".")]
        return Lambda(call("values.look_up", _EACH, literal("item"), *map(literal, keys)), "each")

    def _default(self, node: nodes.Filter) -> Code:
        arguments = dict(zip(("default_value", "boolean"), node.args, strict=False))
        for name, value in _keywords(node).items():
            if name not in ("default_value", "boolean") or name in arguments:
                return self.outer.diagnostic(
                    node, f"default has no argument {name!r}", len(node.name), "expression.arguments"
                )
            arguments[name] = value
        if len(node.args) > 2:
            return self.outer.diagnostic(
                node, "default takes at most 2 arguments", len(node.name), "expression.arguments"
            )
        fallback = arguments.get("default_value")
        assert node.node is not None
        other = self.outer.translate(fallback) if fallback is not None else literal("")
        made: list[Code] = [self.outer.lazily(node.node), _EMPTY.get(other.flat) or Lambda(other)]
        if "boolean" in arguments:
            made.append(Named("falsy=", self.outer.translate(arguments["boolean"])))
        return call("values.default", *made)

    def _literal_name(self, node: nodes.Expr, args: list[nodes.Expr], message: str) -> str | None:
        if args and isinstance(args[0], nodes.Const) and isinstance(args[0].value, str):
            return args[0].value
        self.outer.diagnostic(args[0] if args else node, message, 1, "expression.arguments")
        return None

    def _plain_arguments(self, node: nodes.Filter | nodes.Test | nodes.Call) -> bool:
        unpacked = node.dyn_args or node.dyn_kwargs
        if unpacked is not None:
            self.outer.diagnostic(unpacked, "arguments cannot be unpacked with *")
        return unpacked is None

    def _entry(
        self, node: nodes.Expr, name: str, table: Table, kind: str, special: tuple[str, ...], offset: int = 0
    ) -> Declaration | None:
        entry = table.get(name)
        if entry is None:
            guess = mistyped(name, [*table, *special])
            # The position of a test is that of `is`; its name follows.
            at = self.outer.text.find(name, node.lineno) if kind == "test" else node.lineno + offset
            other = instead_of_call(name, FILTERS) if kind != "test" else None
            if guess is None and kind == "function" and other is None and (known := mistyped(name, FILTERS)):
                other = f"value | {known}"
            hint = f"; write {other}" if other else did_you_mean(guess)
            message = f"there is no {kind} {name!r}{hint}"
            self.outer.diagnostics.append(TextDiagnostic(f"expression.{kind}", message, max(at, 0), len(name), guess))
        return entry


def _keywords(node: nodes.Filter | nodes.Test | nodes.Call) -> dict[str, nodes.Expr]:
    return {pair.key: pair.value for pair in node.kwargs or [] if isinstance(pair, nodes.Keyword)}


@functools.lru_cache(maxsize=512)
def _parameters(entry: Declaration) -> dict[str, bool]:
    """Return the parameters of an entry's function, and whether each must be given."""
    found = inspect.signature(entry.function).parameters
    return {name: parameter.default is parameter.empty for name, parameter in found.items()}


def _qualified(entry: Declaration) -> str:
    module = entry.function.__module__.rpartition(".")[2]
    return f"{module}.{entry.function.__name__}"
