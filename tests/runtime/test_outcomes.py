"""Results and errors of filters, tests and operators: read the snapshot."""

import json
import re

import pytest
from compiler.compiler_helpers import evaluate
from syrupy.assertion import SnapshotAssertion

from wftui.compiler.expressions.expression import compile_expression
from wftui.model.base import Json
from wftui.runtime.language import limits
from wftui.runtime.scope import BigValueError, Scope, StepValues
from wftui.runtime.workflow_errors import BindingError

VALUES: list[Json] = [
    None, True, 0, -2.5, "", "Ab c\nd\n", "2026-02-03T04:05:06.789+01:00", "ä%20=", [], [2, 1, 1.0],
    ["b", "A", "a"], [[1, 2], {"k": "b"}, None], {}, {"b": 1, "a": [None]},
]  # fmt: skip

CALLS = [
    "| upper", "| lower", "| capitalize", "| title", "| trim", "| trim('d\n')", "| trim(3)", "| replace('b', 'xyz')",
    "| replace('', '-', 2)", "| replace('a', 1)", "| replace('a', 'b', 'c')", "| split", "| split('')",
    "| split('0', 1)", "| lines", "| truncate(2)", "| truncate(5, leeway=0)", "| truncate(5, true, '~', 0)",
    "| truncate(5, true, '~', -3)", "| center(8)", "| center('x')", "| indent(2)", "| indent('> ', true)",
    "| indent(1, blank=true)", "| wordcount", "| startswith('A')", "| endswith('\n')", "| string", "| tojson",
    "| tojson(1)", "| tojson(99)", "| fromjson", "| urlencode", "| urldecode", "| b64encode", "| b64decode",
    "| sha256", "| regex_search('[a-z]+')", "| regex_search('(b)( c)?', 2)", "| regex_search('b', 3)",
    "| regex_findall('[a-z]')", "| regex_findall('(b)( )')", "| regex_replace('(b)', '[\\\\1]')",
    "| regex_replace('(b)', '\\\\2')", "| int", "| int(7)", "| int(base=16)", "| float", "| float(0.5)", "| abs",
    "| round", "| round(1)", "| round(-1)", "| round(0, 'ceil')", "| round(0, 'floor')", "| round(0, 'up')",
    "| round(301)", "| round(true)", "| filesizeformat", "| filesizeformat(true)", "| format", "| format(2, ' ')",
    "| format(101)", "| format(2, 3)", "| format(2, '-----------')", "| timestamp", "| isotime",
    "| isotime('Asia/Tokyo')", "| strftime", "| strftime('%A %a %B %b %d.%m.%y %j %G-W%V-%u %H:%M:%S %z %Z %%')",
    "| strftime('%Q')", "| strftime('%')", "| strftime(3)", "| strftime('%Y', 'Asia/Tokyo')", "| add_time('90s')",
    "| add_time('-1d')", "| add_time(months=-2)", "| add_time('soon')", "| duration", "| length", "| count", "| first",
    "| last", "| list", "| reverse", "| join", "| join(', ')", "| join(attribute='k')", "| map('string')",
    "| map(attribute='k', default=0)", "| select", "| reject('string')", "| selectattr('k')",
    "| selectattr('k', 'defined')", "| rejectattr('k', 'defined')", "| sort", "| sort(true)",
    "| sort(case_sensitive=true)", "| sort(nulls='first')", "| sort(nulls='middle')", "| unique",
    "| unique(true)", "| groupby('k')", "| groupby('k', default=0)", "| sum", "| sum(start=10)", "| sum(start='')",
    "| sum(start=[])", "| min", "| max", "| min(true)", "| max(true)", "| batch(2)", "| batch(2, 0)", "| batch(0)",
    "| slice(2)", "| slice(2, 0)", "| slice(true)", "| flatten", "| items", "| keys", "| values", "| dictsort",
    "| dictsort(by='value')", "| dictsort(reverse=true)", "| dictsort(by='x')", "| merge({'b': 2, 'c': 3})",
    "| fromitems", "| default(1)", "| default(1, true)", "is defined", "is none", "is string", "is number",
    "is integer", "is float", "is boolean", "is true", "is false", "is mapping", "is sequence", "is iterable",
    "is odd", "is even", "is divisibleby(2)", "is lower", "is upper", "is in [0, 'b', []]", "is in 'Ab c'",
    "is eq 0", "is ne 0", "is empty", "is truthy", "is falsy", "is not none", "+ 1", "+ 'x'", "+ [1]", "- 1", "* 2",
    "* -1", "/ 2", "/ 0", "// 2", "% 2", "% 0", "** 2", "** 0.5", "** -1", "< 1", "<= 'b'", "> [1]", ">= none",
    "== 0", "!= 0", "in 'Ab'", "in 3", "not in {'a': 1}", "~ 1", "[0]", "[-1]", "['b']", "[none]", "[1:]", "[::-1]",
    "[::0]", "['x':]", ".b", ".a[0]", ".k", "and 1", "or 1",
]  # fmt: skip

EXPRESSIONS = [
    "-'a'", "+[]", "-true", "2 * 'ab'", "'ab' * 0", "2 ** 4095", "2 ** 4096", "(-1) ** 0.5", "0 ** -1", "1e308 * 10",
    "10 ** 400 / 3", "10 ** 400 * 1.5", "range(0)", "range(3, 1)", "range(3, 0, -1)", "range(1, 2, 0)", "range('a')",
    "range(1, none)", "range(1, 2, true)", "range(1000001)", "zip([1, 2], [3])", "zip(1, [])",
    "zip({}, [])", "999 | filesizeformat", "1000 | filesizeformat", "1024 | filesizeformat(true)", "1 | filesizeformat",
    "-1500 | filesizeformat", "999999 | filesizeformat", "1e6 | filesizeformat", "1e15 | filesizeformat",
    "1e18 | filesizeformat", "(2 ** 50) | filesizeformat(true)", "(2 ** 60) | filesizeformat(true)", "'1e999' | float",
    "'1e999' | int", "'0x1f' | int(base=16)", "'12' | int(base='x')", "'" + "9" * 1366 + "' | int",
    "1e300 | round(300)", "5 | round(300)", "1e308 | round(308, 'ceil')", "1e300 | round(20, 'floor')",
    "(10 ** 400) | format", "'a' | strftime", "1e20 | isotime", "0 | isotime", "-1 | isotime", "1.5 | isotime",
    "0 | strftime('%Y', 'Nowhere/Land')", "0 | strftime('" + "x" * 200 + "')", "0 | strftime('" + "x" * 201 + "')",
    "'0001-01-01T00:00:00Z' | add_time('-1d')", "'9999-12-31T00:00:00Z' | add_time(months=1)",
    "'0001-01-15T00:00:00Z' | add_time(months=-1)", "'2026-01-02' | timestamp", "[1, none] | sort(nulls='last')",
    "[none, 'a', 1] | sort", "['a', none] | min", "[{'k': none}, {'k': 1}, {}] | groupby('k', default=1)",
    "[{'k': 'B'}, {'k': 'b'}] | groupby('k', case_sensitive=true)", "['B', 'a'] | max", "['B', 'a'] | max(true)",
    "[true, 1, 1.0, '1'] | unique", "[[1], [1.0], {'a': [1]}, {'a': [1]}] | unique", "{'B': 1, 'a': 2} | dictsort",
    "{'B': 1, 'a': 2} | dictsort(true)", "[1, 2, 3, 4, 5] | slice(3)", "[1, 2, 3, 4, 5] | slice(3, 0)",
    "[1, 2, 3] | batch(4, 0)", "[['a', 1], ['b', 2, 3]] | fromitems", "[[1, 2]] | fromitems", "['a'] | sum(start='x')",
    "[[1], [2]] | sum(start=[0])", "[1, 'a'] | sum", "[1, 2] | map('string') | list", "[{'k': 1}] | map(attribute='x')",
    "'a' in 'abc' and 1 in [1]", "1 in 'abc'", "'a' in 5", "3 in {'3': 1}", "1 < 2 < 3 == 3 != 4", "1 < 2 > 5",
    "1 in [1] in [[1]]", "'x' not in 'abc' == true", "none < 1", "{} < {}", "[1] < [2]", "true + true", "'a' < 'b'",
    "steps.done.output.a", "steps.done.output.b", "steps.done.status", "steps.done.attempts", "steps.done.error",
    "steps.skipped.output", "steps.skipped.status", "steps.failed.output", "steps.failed.output.x",
    "steps.failed.error.type", "steps.failed.error.nope", "steps.cancelled.output.x", "steps.none.output",
    "steps.none.status", "steps.none.attempts", "steps.big.output", "inputs.x", "inputs.long", "inputs.keys.nope",
    "inputs.keys['x-y'].a", "inputs.keys['a b'].c[3]", "inputs", "env", "run", "env.NOPE", "run.id", "item.a", "item.b",
    "other", "inputs.keys.a.b.c", "inputs.list[0].x", "inputs.list[5]", "inputs.list['a']", "inputs.list.a",
    "inputs.text['a']", "inputs.text[9]", "inputs.keys[inputs.text]", "inputs.keys[true]", "inputs.keys[1.5]",
    "inputs.list[1.5]", "inputs.list[inputs.text]", "steps.skipped.output | default('d')", "5.x", "{'a': 1}.b",
    "(inputs.none.x) | default(1)", "inputs.none.x", "inputs.list[1:2]", "inputs.text[1:3]", "inputs.keys[1:]",
    "inputs.list[none:2]", "inputs.list[1.5:]", "inputs.list[true:]", "inputs.list[:2:0]",
]  # fmt: skip

SCOPE = Scope(
    inputs={
        "keys": {**{f"k{number}": number for number in range(12)}, "x-y": {}, "a b": {"c": [1]}, "a": 1},
        "list": [{}, 2],
        "text": "abcd",
        "none": None,
        "long": "word " * 100,
    },
    steps={
        "done": StepValues({"a": 1}, "completed", None, 2),
        "skipped": StepValues(None, "skipped"),
        "failed": StepValues(None, "failed", {"type": "exit_code", "message": "1"}, 3),
        "cancelled": StepValues(None, "cancelled"),
        "big": StepValues(None, "completed", None, 1, big=True),
    },
    locals={"item": {"a": 1}, "index": 4},
    run={"id": "r1", "attempt": 1},
    env={"HOME": "/root"},
)


def outcome(expression: str, scope: Scope) -> str:
    """The value of an expression as JSON, or its error."""
    refused = compile_expression(expression).diagnostics
    if refused:
        return f"{refused[0].code}: {refused[0].message}"
    try:
        text = json.dumps(evaluate(expression, scope), ensure_ascii=False)
    except BindingError as error:
        return f"{error.type}: {error.message}"
    except BigValueError:
        return "a big value"
    return text if len(text) <= 160 else f"{text[:160]}… ({len(text)})"


@pytest.mark.parametrize("value", VALUES, ids=lambda value: json.dumps(value)[:20])
def test_calls_with_each_kind_of_value(value: Json, snapshot: SnapshotAssertion) -> None:
    scope = Scope(inputs={"x": value})
    calls: dict[str, list[str]] = {}
    for call in CALLS:
        found = outcome(f"inputs.x{'' if call.startswith(('[', '.')) else ' '}{call}", scope)
        name = re.match(r"(?:\| |is )?(\w*)", call)
        assert name is not None
        calls.setdefault(found.replace(f" {name[1]} needs", " … needs"), []).append(call)
    assert "\n".join(f"{found}\n  {'  '.join(each)!r}" for found, each in calls.items()) == snapshot


def test_expressions(snapshot: SnapshotAssertion) -> None:
    assert "\n".join(f"{each[:80]}: {outcome(each, SCOPE)}" for each in EXPRESSIONS) == snapshot


@pytest.mark.parametrize(("name", "limit"), [("MAX_TEXT", 20), ("MAX_ITEMS", 5)])
def test_limits(name: str, limit: int, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion) -> None:
    """Each call makes just what is allowed, and then one more."""
    monkeypatch.setattr(limits, name, limit)
    text, items = "x" * 10, [1] * 3
    calls: list[tuple[str, Json, list[Json]]] = [
        ("inputs.a + inputs.b", text, [text, text + "x"]), ("inputs.a + inputs.b", items, [items[1:], items]),
        ("inputs.a * inputs.b", text, [2, 3]), ("inputs.a * inputs.b", [1], [5, 6]),
        ("inputs.a | center(inputs.b)", "", [20, 21]), ("inputs.a | indent(inputs.b)", text, [10, 11]),
        ("inputs.a | replace('x', inputs.b)", text, ["yy", "yyy"]), ("inputs.a ~ inputs.b", text, [text, text + "x"]),
        ("inputs.a | join(inputs.b)", ["x"] * 4, ["-" * 4, "-" * 5]),
        ("inputs.b | sum(start=inputs.a)", text, [[text], [text, "x"]]),
        ("inputs.b | sum(start=inputs.a)", items, [[items[1:]], [items[1:], [1]]]),
        ("inputs.a | batch(inputs.b, 0)", [1], [5, 6]), ("inputs.a | slice(inputs.b)", [1], [5, 6]),
        ("range(inputs.b)", None, [5, 6]), ("inputs.a | format(inputs.b)", 1, [9, 18, 19]),
        ("inputs.b | string", None, [[1] * 6, [1] * 7]),
        ("inputs.a | regex_replace('x', inputs.b)", text, ["yy", "yyy"]),
    ]  # fmt: skip
    lines = [
        f"{call}, {json.dumps(a)}, {json.dumps(b)}: {outcome(call, Scope(inputs={'a': a, 'b': b}))}"
        for call, a, bs in calls
        for b in bs
    ]
    assert "\n".join(lines) == snapshot
