"""The expression language: values, and agreement with Jinja."""

import contextlib
import json
import re
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from jinja2 import ChainableUndefined, Environment, Undefined
from jinja2.exceptions import UndefinedError

from compiler.compiler_helpers import evaluate
from compiler.expressions.expression_forms import FORMS, LEAVES, NAMES
from wftui.compiler.expressions.expression import compile_expression
from wftui.runtime.filters import FILTERS
from wftui.runtime.functions import FUNCTIONS
from wftui.runtime.language.declarations import Declaration
from wftui.runtime.predicates import TESTS
from wftui.runtime.scope import Scope, StepValues
from wftui.runtime.workflow_errors import BindingError

EXAMPLES = sorted(
    {
        (kind, entry.name, *example)
        for kind, table in (("filter", FILTERS), ("test", TESTS), ("function", FUNCTIONS))
        for entry in table.values()
        for example in entry.examples
    }
)


@pytest.mark.parametrize(("kind", "name", "expression", "result"), EXAMPLES, ids=[f"{e[1]}: {e[2]}" for e in EXAMPLES])
def test_a_documented_example_is_true(kind: str, name: str, expression: str, result: str) -> None:
    given_value, wanted = evaluate(expression), json.loads(result)
    assert given_value == wanted
    assert type(given_value) is type(wanted)


@pytest.mark.parametrize("entry", {**FILTERS, **TESTS, **FUNCTIONS}.values(), ids=lambda entry: entry.name)
def test_everything_is_described_with_an_example(entry: Declaration) -> None:
    assert entry.description
    assert entry.examples


SCOPE = Scope(
    inputs={"n": 3, "text": "abc", "items": [1, 2, 3], "o": {"items": "a key", "get": 1, "x-y": 2}, "none": None},
    steps={
        "done": StepValues({"rows": [{"id": 1}]}, "completed", None, 2),
        "skipped": StepValues(None, "skipped"),
        "failed": StepValues(None, "failed", {"type": "exit_code", "message": "1"}, 3),
    },
    locals={"item": {"name": "x"}, "index": 4},
    run={"id": "r1", "attempt": 1},
    env={"HOME": "/root"},
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("inputs.o.items", "a key"),
        ("inputs.o.get", 1),
        ("('x' * 16000000) | length", 16_000_000),
        ("([0] * 1000000) | length", 1_000_000),
        ("2 * 'ab' ~ -1 * 'x'", "abab"),
        ("'ff' | int(0, 16)", 255),
        ("'12' | int(0, 8)", 10),
        ("'3.9' | int", 3),
        ("inputs.o['x-y']", 2),
        ("inputs.items[-1]", 3),
        ("[1 is integer, true is integer, 'a' is integer, 1.5 is integer]", [True, False, False, False]),
        ("{'a': [1]} | tojson(indent=1)", '{\n "a": [\n  1\n ]\n}'),
        ("inputs.items[1:]", [2, 3]),
        ("inputs.text[0]", "a"),
        ("inputs.text[::-1]", "cba"),
        ("steps.done.output.rows[0].id", 1),
        ("steps.done.attempts", 2),
        ("steps.failed.error.type", "exit_code"),
        ("steps.failed.output", None),
        ("steps.nobody.status", "pending"),
        ("steps.skipped.output.x | default('-')", "-"),
        ("steps.failed.output.x | default('-')", "-"),
        ("steps.skipped.output is defined", False),
        ("inputs.nope is not defined", True),
        ("inputs.none | default(1)", None),
        ("inputs.none | default(1, true)", 1),
        ("inputs.nope.deeper.still | default(none)", None),
        ("(inputs.nope | upper) | default('x')", "x"),
        ("inputs.nope | default(inputs.also_not | default(7))", 7),
        ("item.name ~ index", "x4"),
        ("run.id ~ env.HOME", "r1/root"),
        ("[1, 'a', none, true] ~ ''", '[1, "a", null, true]'),
        ("'a' if inputs.n > 2 else 'b'", "a"),
        ("1 < inputs.n <= 3", True),
        ("inputs.n in inputs.items and 'a' not in inputs.text", False),
        ("{'a': {'b': [inputs.n]}}", {"a": {"b": [3]}}),
        ("inputs.items | map('string') | join('-')", "1-2-3"),
        ("null", None),
        ("1e3 + 0x10", 1016.0),
        ("7 // 2 * 2 + 7 % 2", 7),
        ("-inputs.n + +1", -2),
        ("2 ** 3", 8),
        ("'a' 'b'", "ab"),
        ("inputs.items == [1, 2, 3]", True),
    ],
)
def test_an_expression_gives(expression: str, value: Any) -> None:
    assert evaluate(expression, SCOPE) == value


@pytest.mark.parametrize(
    ("expression", "error", "says"),
    [
        ("inputs.nope", "binding.missing", "inputs has no name 'nope'; it has n, text, items, o, none"),
        ("inputs.o.nope", "binding.missing", "inputs.o has no key 'nope'; it has items, get, x-y"),
        ("inputs.items[7]", "binding.missing", "inputs.items has no item 7; it has 3"),
        ("inputs.text.x", "binding.type", "inputs.text is a text, so it has no 'x'"),
        ("inputs.items.x", "binding.type", "inputs.items is a list: it has positions such as [0], not the key 'x'"),
        ("inputs.none.x", "binding.missing", "inputs.none is null, so it has no 'x'"),
        ("steps.skipped.output", "binding.missing", "steps.skipped.output is missing, because the step was skipped"),
        ("steps.done.output.rows[0].name", "binding.missing", "steps.done.output.rows[0] has no key 'name'; it has id"),
        ("other", "binding.missing", "there is no name 'other'; it has item, index"),
        ("inputs.text + 1", "binding.type", "a text + a number is not possible; write ~ to join texts"),
        (
            "inputs.text < 1",
            "binding.type",
            "a text and a number cannot be compared with <; convert the text with | int or",
        ),
        (
            "1 >= inputs.text",
            "binding.type",
            "a number and a text cannot be compared with >=; convert the text with | int",
        ),
        ("inputs.items < 1", "binding.type", "a list and a number cannot be compared with <"),
        ("'%s' % 1", "binding.type", "a text % a number is not possible"),
        ("[1] + 1", "binding.type", "a list + a number is not possible"),
        ("1 + [1]", "binding.type", "a number + a list is not possible"),
        ("[1] | batch(0)", "binding.type", "the filter batch needs a whole number of at least 1"),
        ("1 / 0", "binding.value", "1 / 0 is not possible: division by zero"),
        ("'x' | int", "binding.value", "'x' is not a whole number"),
        ("9 ** 9999", "binding.limit", "** would make a number of more than 4,096 bits"),
        ("'x' * 99999999999", "binding.limit", "* would make a text of 99,999,999,999 characters"),
        ("'x' * 16000001", "binding.limit", "* would make a text of 16,000,001 characters"),
        ("[0] * 1000001", "binding.limit", "* would make a list of 1,000,001 items"),
        ("zip([1], 'ab')", "binding.type", "zip needs two lists"),
        ("zip('ab', [1])", "binding.type", "zip needs two lists"),
        ("range(0, 999999999)", "binding.limit", "range would make a list of 999,999,999 items"),
        ("'a' | center(999999999)", "binding.limit", "center would make a text"),
        ("'a' | regex_search(inputs.text ~ '(a+)+')", "binding.limit", "the pattern could take too long"),
        ("inputs.items[none]", "binding.type", "null cannot be a key"),
        ("[] | first", "binding.missing", "there is no first item: the value is empty"),
        ("[1, 'a'] | sort", "binding.type", 'the filter sort cannot compare 1 (item 0) with "a" (item 1)'),
    ],
)
def test_impossible_operations_give_a_reason(expression: str, error: str, says: str) -> None:
    with pytest.raises(BindingError) as caught:
        evaluate(expression, SCOPE)
    assert caught.value.type == error
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__",
        "inputs.x.__class__.__mro__",
        "inputs['__class__']",
        "inputs | attr('__class__')",
        "range.__globals__",
        "lipsum",
        "cycler()",
        "self",
        "namespace()",
        "inputs.update({})",
        "f(*inputs.items)",
        "(lambda: 1)()",
        "import os",
        "{% print 1 %}",
        "x := 1",
        "inputs.x.format(1)",
        "[x for x in inputs.items]",
        "open('/etc/passwd')",
        "exec('1')",
    ],
)
def test_expressions_cannot_leave_the_data(expression: str) -> None:
    compiled = compile_expression(expression)
    if compiled.python is None:
        assert compiled.diagnostics
        return
    with pytest.raises(BindingError):
        evaluate(expression, SCOPE)


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 5000,
        "[" * 500 + "]" * 500,
        "not " * 3000 + "1",
        "-" * 3000 + "1",
        "1" + "+1" * 3000,
        "x" * 20_000,
        "a|" * 900 + "b",
        "9" * 5000,
        "'" + "\\" * 999,
    ],
)
def test_monsters_are_refused(expression: str) -> None:
    assert compile_expression(expression).diagnostics


# --- agreement with Jinja


@st.composite
def typed_expressions(draw: st.DrawFn, kind: str | None = None, depth: int = 4) -> str:
    """Well-typed expressions: only missing values, limits and division can fail."""
    if kind is None:
        kind = draw(st.sampled_from(sorted(FORMS)))
    if depth == 0:
        return draw(st.sampled_from(LEAVES[kind]))
    form = draw(st.sampled_from([*LEAVES[kind][:2], *FORMS[kind]]))
    return re.sub("@(\\w+)@", lambda hole: draw(typed_expressions(hole[1], depth - 1)), form)


class Noted(ChainableUndefined):
    """Counts what is undefined."""

    made = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        Noted.made += 1


def jinja_value(expression: str, undefined: type[Undefined]) -> Any:
    """The value that Jinja gives an expression."""
    environment = Environment(undefined=undefined)
    return environment.compile_expression(expression, undefined_to_none=False)(inputs=NAMES)


def holds_undefined(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(holds_undefined, value.values()))
    return any(map(holds_undefined, value)) if isinstance(value, list) else isinstance(value, Undefined)


@settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(typed_expressions())
def test_jinja_agrees(expression: str) -> None:
    try:
        ours: Any = evaluate(expression, Scope(inputs=NAMES))
    except BindingError as error:
        # A value that is missing for us is undefined in Jinja, even where Jinja accepts that.
        if error.type == "binding.missing":
            Noted.made = 0
            with contextlib.suppress(UndefinedError, TypeError, ZeroDivisionError):
                jinja_value(expression, Noted)
            assert Noted.made
        else:
            assert error.type == "binding.value"
            with pytest.raises(ZeroDivisionError):
                jinja_value(expression, ChainableUndefined)
        return
    try:
        theirs = jinja_value(expression, ChainableUndefined)
    except (ZeroDivisionError, UndefinedError, TypeError):
        # Jinja works out a fallback that is not needed, and what the items of an empty list are compared with.
        assert any(each in expression for each in ("default(", "select('", "reject('"))
        return
    if "default(" in expression and holds_undefined(theirs):
        return  # for us, a list with a missing item is missing, and has a fallback
    assert ours == theirs
    assert type(ours) is type(theirs)
