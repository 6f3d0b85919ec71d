"""Filters on nulls and times, and the places that their errors name."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from compiler.compiler_helpers import after_fix, evaluate, found, step, text_of, workflow

from wftui.model.base import Json
from wftui.runtime.language import limits
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import BindingError

ITEMS: list[Json] = [{"k": "b"}, {"k": None}, {"k": "a"}, {}]


def given(expression: str, **inputs: Json) -> Json:
    return evaluate(expression, Scope(inputs=inputs))


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("inputs.x | sort(attribute='k', nulls='last')", [ITEMS[2], ITEMS[0], ITEMS[1], ITEMS[3]]),
        ("inputs.x | sort(attribute='k', nulls='first')", [ITEMS[1], ITEMS[3], ITEMS[2], ITEMS[0]]),
        ("inputs.x | sort(attribute='k', nulls='last', reverse=true)", [ITEMS[0], ITEMS[2], ITEMS[1], ITEMS[3]]),
        ("[2, none, 1] | sort(false, false, nulls='last')", [1, 2, None]),
        ("inputs.x | groupby('k', default='z') | map(attribute='grouper')", ["a", "b", "z"]),
        ("inputs.x | groupby('k', default=none) | map(attribute='grouper')", ["a", "b", None]),
        ("inputs.x[:3] | groupby('k') | map(attribute='grouper')", ["a", "b", None]),
        ("[0, 1, '', 'a', [], none] | select('truthy')", [1, "a"]),
        ("[0, 1, '', 'a', [], none] | reject('falsy')", [1, "a"]),
        ("'a\\u2028b\\x0cc\\r\\nd\\re\\n' | lines", ["a\u2028b\x0cc", "d", "e"]),
    ],
)
def test_nulls_and_lines(expression: str, result: Json) -> None:
    assert given(expression, x=ITEMS) == result


@pytest.mark.parametrize(
    ("expression", "kind", "sentence"),
    [
        ("['1', 'x'] | map('int')", "binding.value", "'x' is not a whole number (item 1: \"x\")"),
        ("[{'n': 1}, {'m': 2}] | map(attribute='n')", "binding.missing", '(item 1: {"m": 2})'),
        ("[{'n': 1}, {'m': 2}] | sort(attribute='n')", "binding.missing", '(item 1: {"m": 2})'),
        ("[{'n': 1}, {'m': 2}] | selectattr('n', 'odd')", "binding.missing", '(item 1: {"m": 2})'),
        ("[1, none] | sum", "binding.type", "a number + null is not possible (item 1: null)"),
        ("[{'n': 1}, {'n': 'x'}] | sum('n')", "binding.type", '(item 1: "x")'),
        ("['a', 3] | sum(start='')", "binding.type", "(item 1: 3)"),
        ("[['a', 1], ['b']] | fromitems", "binding.type", '(item 1: ["b"])'),
        ("'M%FCller' | urldecode", "binding.type", "needs bytes of UTF-8"),
        ("[{'n': 1}, {'m': 2}] | sum('n')", "binding.missing", '(item 1: {"m": 2})'),
        ("[{'n': 1}, {'m': 2}] | unique(attribute='n')", "binding.missing", '(item 1: {"m": 2})'),
        ("[{'n': 1}, {'m': 2}] | join(',', attribute='n')", "binding.missing", '(item 1: {"m": 2})'),
        ("[3, none, 1] | sort", "binding.type", 'cannot compare 3 (item 0) with null (item 1); nulls="last" allows'),
        ("[3, 'a'] | min", "binding.type", 'cannot compare 3 (item 0) with "a" (item 1)'),
        ("5 | upper", "binding.type", "needs a text, not a number (5)"),
        ("[1] | sort(nulls='middle')", "binding.value", '"first" or "last", not "middle"'),
        ("0 | strftime('%Y', tz='Europe/Atlantis')", "binding.value", 'no time zone "Europe/Atlantis" on this machine'),
        ("0 | isotime('../../etc/passwd')", "binding.value", "no time zone"),
        ("0 | isotime('')", "binding.value", "no time zone"),
        ("0 | isotime(5)", "binding.type", "needs the name of a time zone, not a number (5)"),
        ("'soon' | isotime", "binding.value", 'needs a time such as 2026-11-22T13:37:00Z, not "soon"'),
        ("0 | add_time(months=1.5)", "binding.type", "needs a whole number, not a number (1.5)"),
        ("0 | add_time(months=99999999)", "binding.value", "the year is out of range"),
        ("'9999-12-31T23:00:00Z' | isotime('Asia/Tokyo')", "binding.value", "outside of the years 1 to 9999"),
    ],
)
def test_errors_name_the_value_and_its_place(expression: str, kind: str, sentence: str) -> None:
    with pytest.raises(BindingError) as caught:
        evaluate(expression)
    assert caught.value.type == kind
    assert sentence in caught.value.message


def test_a_shown_value_is_cut() -> None:
    with pytest.raises(BindingError) as caught:
        given("inputs.x | map(attribute='n')", x=[{"text": "word " * 1000}])
    assert "…" in caught.value.message
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
def test_times_in_a_zone_are_those_of_the_standard_library(zone: str) -> None:
    pattern = "%Y-%m-%d %H:%M:%S %j %y %G-W%V-%u %z"
    for day in range(0, 800, 13):
        time = datetime(2025, 1, 1, 1, 30, tzinfo=UTC) + timedelta(days=day, hours=day)
        here = time.astimezone(ZoneInfo(zone))
        text = time.isoformat()
        assert given(f"inputs.x | strftime('{pattern}', '{zone}')", x=text) == here.strftime(pattern)
        back = given(f"inputs.x | isotime('{zone}') | timestamp", x=text)
        assert back == time.timestamp()
        assert given(f"inputs.x | add_time('25h', tz='{zone}') | timestamp", x=text) == time.timestamp() + 25 * 3600


@pytest.mark.parametrize(
    ("start", "months", "result"),
    [
        ("2026-01-31T08:00:00Z", 1, "2026-02-28T08:00:00.000Z"),
        ("2024-02-29T08:00:00Z", 12, "2025-02-28T08:00:00.000Z"),
        ("2026-03-31T08:00:00Z", -1, "2026-02-28T08:00:00.000Z"),
        ("2026-12-15T08:00:00Z", 1, "2027-01-15T08:00:00.000Z"),
        ("2026-01-15T08:00:00Z", -13, "2024-12-15T08:00:00.000Z"),
    ],
)
def test_months(start: str, months: int, result: str) -> None:
    assert given(f"inputs.x | add_time(months={months})", x=start) == result


def test_month_arithmetic_keeps_zone_time() -> None:
    noon = "2026-03-15T12:00:00+01:00"
    assert given("inputs.x | add_time(months=1, tz='Europe/Berlin')", x=noon) == "2026-04-15T12:00:00.000+02:00"


@pytest.mark.parametrize("call", ["now()", "utcnow( )", "today()"])
def test_a_clock_is_refused_with_the_start_of_the_run(call: str) -> None:
    text = text_of(workflow(step("a", input={"at": f"{{{{ {call} | isotime }}}}"})))
    (error,) = found(text)
    assert error.code == "expression.function"
    assert "run.startedAt" in error.message
    assert after_fix(text, error) == []
    assert "run.startedAt | isotime" in json.dumps([fix.patch[0].value for fix in error.fixes])


def test_all_replacements_of_a_pattern_together_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    expression = "inputs.text | regex_replace('a', inputs.new)"
    monkeypatch.setattr(limits, "MAX_TEXT", 3000)
    assert given(expression, text="aaa", new="-" * 1000) == "-" * 3000
    with pytest.raises(BindingError) as caught:
        given(expression, text="aaa", new="-" * 1001)
    assert caught.value.type == "binding.limit"
