"""Malicious workflows compile or are refused; importing their module runs nothing."""

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compiler.compiler_helpers import assert_harmless, check, compiler_of, found, step, workflow
from wftui.compiler.module_run import run_module
from wftui.model.errors import UsageError
from wftui.runtime.scope import Scope, StepValues
from wftui.runtime.workflow_errors import BindingError

COUNT = int(os.environ.get("WFTUI_HOSTILE", "600"))
"""How many hostile workflows to make; set the variable to try more."""

PIECES = [
    "'",
    '"',
    '"""',
    "'''",
    "\\",
    "\\\\",
    "\\x00",
    "\\N{DASH}",
    "\\u0022",
    "\n",
    "\r",
    "\t",
    "\x00",
    "\x0c",
    "\x1b[2J",
    "\x85",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\u202e",
    "\xe9",
    "\u6f22\u5b57",
    "\U0001f642",
    "\U000e0001",
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{",
    "}",
    "#",
    "# noqa\n",
    "@",
    "@@",
    ";",
    "\nimport os\nos.abort()\n",
    '"""\nraise SystemExit(9)\n"""',
    "__import__('os').abort()",
    "{{ __import__('os').abort() }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ inputs.x }}",
    "{{ steps.a.output['\"'] }}",
    "{{ '\\'' }}",
    "{{ '\"\"\"' ~ \"'''\" }}",
    "{{ {'a\"b': '\\n'} }}",
    "{{ inputs['a\\nb'] | default('\\\\') }}",
    "{{ (1).__class__ }}",
    "%s",
    "%(x)s",
    "${x}",
    "$(reboot)",
    "`id`",
    "</script>",
    "a" * 300,
    "lambda: 1",
    "if True else exec('1')",
    "STEP_A",
    "WORKFLOW",
    "scope",
]


def hostile_text(random_: random.Random) -> str:
    return "".join(random_.choice(PIECES) for _ in range(random_.randint(1, 5)))


def hostile_value(random_: random.Random, depth: int = 3) -> Any:
    choice = random_.randint(0, 9 if depth else 6)
    if choice <= 4:
        return hostile_text(random_)
    if choice == 5:
        return random_.choice([None, True, 0, -1, 10**40, 1e308, 5e-324, -0.0])
    if choice == 6:
        return random_.choice([{}, [], ""])
    if choice == 7:
        return [hostile_value(random_, depth - 1) for _ in range(random_.randint(0, 3))]
    return {hostile_text(random_): hostile_value(random_, depth - 1) for _ in range(random_.randint(0, 3))}


def hostile_workflow(random_: random.Random) -> dict[str, Any]:
    """A workflow with hostile texts wherever a text is allowed, and sometimes others."""
    steps = [
        step(
            random_.choice(["a", "b", "value_1", "input_of_a", "class", "a_when", hostile_text(random_)]),
            input={hostile_text(random_): hostile_value(random_), "x": hostile_text(random_)},
            name=hostile_text(random_),
            note=hostile_text(random_),
            needs=[],
        )
        for _ in range(random_.randint(1, 3))
    ]
    extra = random_.choice(["when", "forEach", "onError", "retry", "outputSchema", "type", "connection", ""])
    if extra:
        values: dict[str, Any] = {
            "when": random_.choice(["true", "'x' == '\"'", hostile_text(random_)]),
            "forEach": {"in": random_.choice(["['\\n', '\"']", hostile_text(random_)]), "as": "one"},
            "onError": {"fallback": hostile_value(random_)},
            "retry": {"maxAttempts": 2, "on": [hostile_text(random_)]},
            "outputSchema": {"const": hostile_value(random_)},
            "type": hostile_text(random_),
            "connection": hostile_text(random_),
        }
        steps[0][extra] = values[extra]
    return workflow(
        *steps,
        name=hostile_text(random_),
        version=hostile_text(random_),
        description=hostile_text(random_),
        labels={hostile_text(random_): hostile_text(random_)},
        inputSchema={
            "type": "object",
            "properties": {"x": {"default": hostile_value(random_), "title": hostile_text(random_)}},
        },
        outputs={hostile_text(random_): hostile_value(random_)},
    )


def try_hostile(source: dict[str, Any]) -> bool:
    """Compile, import and bind a workflow; whether it compiled."""
    text = json.dumps(source, ensure_ascii=False)
    result = check(text)
    result.to_json()
    if result.generated_code is None:
        assert result.errors
        return False
    assert_harmless(result.generated_code)
    plan = run_module(result.generated_code, "hostile")
    assert plan.name == source["name"]
    for planned, written in zip(plan.steps, source["steps"], strict=True):
        assert planned.name == written["name"]
        assert planned.input is not None
        try:
            bound = planned.input(Scope(inputs={"x": 1}, steps={"a": StepValues({}, "completed")}))
        except BindingError:
            continue
        assert bound.keys() == written["input"].keys()
        for key, value in written["input"].items():
            if "{{" not in json.dumps(value):
                assert bound[key] == value
    return True


def test_generated_hostile_workflows_are_harmless() -> None:
    random_ = random.Random(20261122)
    compiled = sum(try_hostile(hostile_workflow(random_)) for _ in range(COUNT))
    assert compiled > COUNT // 100, "the generator must make workflows that compile, too"


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
@example("{{")
@example("{{ '")
@example({"{{ x }}": "{{ 'a' }}"})
@example(-0.0)
def test_literals_arrive_unchanged(value: Any) -> None:
    result = check(workflow(step("a", input={"value": value})))
    if result.generated_code is None:
        assert "{{" in json.dumps(value, ensure_ascii=False)
        return
    assert_harmless(result.generated_code)
    plan = run_module(result.generated_code, "literal")
    assert plan.steps[0].input is not None
    if "{{" not in json.dumps(value, ensure_ascii=False):
        assert repr(plan.steps[0].input(Scope())) == repr({"value": value})


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text('{}[]",:\\ntrue0e+-./ \n', max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    result = check(text.encode("utf-8", "replace").decode())
    assert result.errors
    result.to_json()


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 2000),
    st.sampled_from(["", '"', "{", "}", "]", ",", ":", "\\", "\n", "x", "//", "\0"]),
    st.integers(0, 3),
)
def test_damaged_file_reports_its_other_problems(at: int, put: str, cut: int) -> None:
    text = json.dumps(
        workflow(step("a", nedds=[]), step("b", input={"x": "{{ inputs.nope }}"}), step("c", timeout="x")), indent=1
    )
    at = min(at, len(text))
    damaged = text[:at] + put + text[at + cut :]
    for each in found(damaged):
        line = damaged.split("\n")[each.line - 1]
        assert 1 <= each.column <= len(line) + 1


def test_a_huge_and_deep_file_is_handled() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    source = workflow(step("a", input={"deep": deep, "wide": list(range(20_000)), "long": "x" * 1_000_000}))
    assert check(source).success
    assert [each.code for each in found("[" * 100_000)] == ["json.depth"]
    assert "json.depth" in [each.code for each in found('{"a":' * 100_000)]


def test_names_of_more_digits_than_a_number_may_have_are_names() -> None:
    nines = "9" * 5_000
    source = workflow(
        step("a", input={nines: f"{{{{ inputs.xs | map(attribute='{nines}') | list }}}}", "all": ["{{ inputs.xs }}"]}),
        inputSchema={"type": "object", "properties": {"xs": {"type": "array"}, nines: {"writeOnly": True}}},
    )
    assert [each.code for each in found(source) if each.severity == "error"] == []
    source["steps"][0]["input"][nines] = "{{ nothing }}"
    assert [each.code for each in found(source) if each.severity == "error"] == ["reference.name"]


def test_values_may_be_made_of_one_another_in_a_long_row() -> None:
    row = [step(f"s{n}", input={"n": f"{{{{ steps.s{n - 1}.output.n + 1 }}}}"}) for n in range(1, 300)]
    assert check(workflow(step("s0", input={"n": 0}), *row)).success
    amiss = step("amiss", input={"n": "{{ steps.s299.output.m }}"})
    assert [each.code for each in found(workflow(step("s0", input={"n": 0}), *row, amiss))] == ["reference.property"]


def test_required_entries_that_are_not_texts_beside_a_computed_default() -> None:
    wrong: list[Any] = [[], {}, None, 1]
    for name in wrong:
        schema = {"type": "object", "properties": {"a": {"default": "{{ run.id }}"}}, "required": [name, "a"]}
        assert [each.code for each in check(workflow(step("s"), inputSchema=schema)).errors] == ["schema.invalid"]


def test_half_characters_are_refused() -> None:
    text = json.dumps(workflow(step("a", input={"x": "\ud800"})))
    assert [each.code for each in found(text)] == ["json.surrogate"]


def test_ids_reach_no_path(tmp_path: Path) -> None:
    for workflow_id in ("../evil", "a/b", "", ".", "A", "x" * 64, "a\0b"):
        with pytest.raises(UsageError):
            compiler_of(tmp_path).compile(workflow_id)
