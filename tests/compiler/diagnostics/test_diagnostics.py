"""Every diagnostic: its code, the stretch it marks, and a fix that removes it."""

from typing import Any

import pytest

from compiler.compiler_helpers import after_fix, check, found, marked, step, text_of, workflow
from compiler.diagnostics.diagnostic_cases import CASES, INPUTS, WITHOUT_FIX, A


@pytest.mark.parametrize(("name", "code", "stretch", "source"), CASES, ids=[case[0] for case in CASES])
def test_diagnostic_marks_its_position(name: str, code: str, stretch: str, source: dict[str, Any]) -> None:
    text = text_of(source)
    told = [each for each in found(text) if each.code == code]
    assert [marked(text, each) for each in told] == [stretch]
    assert told[0].message[-1] not in ".!"


@pytest.mark.parametrize(("name", "code", "stretch", "source"), CASES, ids=[case[0] for case in CASES])
def test_every_fix_removes_its_problem(name: str, code: str, stretch: str, source: dict[str, Any]) -> None:
    text = text_of(source)
    (diagnostic,) = (each for each in found(text) if each.code == code)
    assert bool(diagnostic.fixes) is (name not in WITHOUT_FIX), diagnostic.message
    for number in range(len(diagnostic.fixes)):
        left = after_fix(text, diagnostic, number)
        assert (code, diagnostic.pointer) not in [(each.code, each.pointer) for each in left]


@pytest.mark.parametrize("workflow_id", ["Not an id", "", "x" * 80])
def test_an_id_that_is_none_is_not_compared_with_the_folder(workflow_id: str) -> None:
    (only,) = found({**workflow(A), "id": workflow_id})
    assert (only.code, only.pointer) == ("value.pattern", "/id")


@pytest.mark.parametrize(
    ("expression", "stretch"),
    [
        ("[1] | map(attribute='a', other=1)", "map"),
        ("[1] | map", "m"),
        ("[1] | map(3)", "3"),
        ("['b'] | map('replace', 'b')", "replace"),
        ("[1] | select(1)", "1"),
        ("[1] | select('divisibleby')", "divisibleby"),
        ("[1] | map(attribute=[2])", "["),
        ("1 | default(other=2)", "default"),
        ("1 | default(1, 2, 3)", "default"),
        ("'a' | upper(1)", "upper"),
        ("'a' | upper(attribute='b')", "upper"),
        ("'a' | replace('b')", "replace"),
        ("'a' | replace('b', 'c', nope=1)", "replace"),
        ("'a' | replace('b', 'c', old='d')", "replace"),
        ("range()", "range"),
        ("1 + range(1, 2, 3, 4)", "range"),
        ("1 is divisibleby", "divisibleby"),
        ("1 is not divisibleby(2, 3)", "divisibleby"),
        ("'a' | regex_search('(')", "'('"),
    ],
)
def test_wrong_arguments_are_marked_at_the_name_or_the_argument(expression: str, stretch: str) -> None:
    text = text_of(workflow(step("a", when=expression)))
    assert [(each.code, marked(text, each)) for each in found(text)] == [("expression.arguments", stretch)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"cases": []}, "cases is only allowed in a step of type switch"),
        ({"when": "(1]"}, "( at column 1 is closed by ]"),
        ({"when": "1)"}, "unmatched )"),
        ({"when": "1 || 2"}, "unexpected '||'; write `or`"),
        ({"when": "first.output.x"}, "there is no name 'first'; did you mean steps.first?"),
        ({"when": "first"}, "there is no name 'first'; did you mean steps.first.output?"),
        ({"when": "len(run.id) > 1"}, "there is no function 'len'; write value | length"),
        ({"when": "failure()"}, 'there is no function \'failure\'; write the key "join": "any_failed" of the step'),
        ({"when": "lenght(run.id) > 1"}, "there is no function 'lenght'; write value | length"),
        ({"when": "run.id.strip() == ''"}, "values have no methods such as .strip(); write value | trim"),
        ({"when": "params.x"}, "there is no name 'params'; did you mean inputs?"),
        ({"when": "index > 1"}, "index is known only inside a forEach or a loop"),
        ({"when": "run.attempt === 1"}, "unexpected '==='; write =="),
        ({"when": "run.attempt !== 1"}, "unexpected '!=='; write !="),
        ({"when": "run.id ?? true"}, "unexpected '??'; write `a | default(b)`"),
        ({"when": "{'a' 1}"}, "expected ':' instead of a number"),
        ({"forEach": {"in": "run.attempt"}}, "forEach.in must be a list, but this is a whole number"),
        ({"forEach": {"in": "run.id"}}, "forEach.in must be a list, but this is a text"),
    ],
)
def test_messages_name_the_mistake_and_a_suggestion(fields: dict[str, Any], message: str) -> None:
    assert [each.message for each in found(workflow(step("first"), step("a", **fields)))] == [message]


@pytest.mark.parametrize(
    ("expression", "reads_safely"),
    [
        ("inputs.n is defined and inputs.n == 1", True),
        ("not (inputs.n is undefined) and (true and inputs.n == 1)", True),
        ("inputs.n is not defined or inputs.n == 1", True),
        ("inputs.n == 1 if inputs.n is defined else false", True),
        ("true if inputs.n is undefined else inputs.n.x == 1", True),
        ("inputs.n is defined or inputs.n == 1", False),
        ("inputs.n == 1 and inputs.n is defined", False),
        ("inputs.m is defined and inputs.n == 1", False),
        ("(inputs.n is defined and true) or inputs.n == 1", False),
    ],
)
def test_a_tested_input_is_read_without_a_warning(expression: str, reads_safely: bool) -> None:
    schema = {"type": "object", "properties": {"n": {}, "m": {}}}
    codes = {each.code for each in found(workflow(step("a", when=expression), inputSchema=schema))}
    assert codes - {"input.unused"} == (set() if reads_safely else {"reference.optional_input"})


def test_the_condition_of_a_step_tests_what_it_reads() -> None:
    schema = {"type": "object", "properties": {"n": {}}}
    source = workflow(step("a", when="inputs.n is defined", input={"x": "{{ inputs.n }}"}), inputSchema=schema)
    assert found(source) == []


@pytest.mark.parametrize(("given", "codes"), [("number", []), ("integer", []), ("string", ["type.mismatch"])])
def test_number_accepts_an_integer(given: str, codes: list[str]) -> None:
    schema = {"type": "object", "properties": {"n": {"type": given}}, "required": ["n"]}
    query = {"database": "x.db", "query": "SELECT 1", "maxRows": "{{ inputs.n }}"}
    source = workflow({"id": "q", "type": "sql", "input": query}, inputSchema=schema)
    assert [each.code for each in found(source)] == codes


def test_valid_workflow_has_no_diagnostics() -> None:
    source = workflow(
        step("a", input={"x": "{{ inputs.url }}", "n": 1}),
        step("b", when="inputs.count > 1", input={"y": "{{ steps.a.output.x | upper }}"}),
        step("c", forEach={"in": "range(inputs.count)", "as": "number"}, input={"n": "{{ number + index }}"}),
        inputSchema=INPUTS,
        outputs={"all": "{{ steps.c.output }}"},
    )
    result = check(source)
    assert (result.errors, result.warnings) == ([], [])


def test_all_problems_are_reported_together() -> None:
    source = workflow(
        step("a", nedds=[], input={"x": "{{ inputs.nope }}", "y": "{{ 'a' | uper }}"}),
        {"id": "b", "type": "htp", "when": "{{ true }}"},
        step("c", needs=["zz"], timeout="x"),
        maxParallel=0,
    )
    codes = [each.code for each in found(source)]
    assert sorted(codes) == [
        "dependency.unknown",
        "expression.braces",
        "expression.filter",
        "key.unknown",
        "reference.input",
        "step.type",
        "value.duration",
        "value.range",
    ]


def test_every_problem_names_its_step_and_field() -> None:
    source = workflow(
        step("a", input={"deep": {"list": [1, "{{ inputs.nope }}"]}}), outputs={"o": "{{ steps.b.output }}"}
    )
    told = {each.code: (each.location.step_id, each.location.field, each.pointer) for each in found(source)}
    assert told == {
        "reference.input": ("a", "input.deep.list.1", "/steps/0/input/deep/list/1"),
        "reference.step": (None, "outputs.o", "/outputs/o"),
    }


def test_a_cycle_is_printed_as_a_path() -> None:
    source = workflow(step("a", needs=["c"]), step("b", needs=["a"]), step("c", needs=["b"]))
    (diagnostic,) = found(source)
    assert diagnostic.message == "these steps wait for each other: a → c → b → a"


def test_columns_count_escapes_and_wide_characters() -> None:
    text = (
        '{"format": 1, "id": "flow", "steps": [{"id": "a", "type": "set", "input": {"x": "é\\n\\u00e9\\"{{ nope }}"}}]}'
    )
    (diagnostic,) = found(text)
    assert (diagnostic.code, marked(text, diagnostic)) == ("reference.name", "nope")


def test_a_newer_format_names_the_version_needed() -> None:
    (diagnostic,) = found({**workflow(A), "format": 2})
    assert "install a newer one" in diagnostic.message


def test_non_object_file_is_reported() -> None:
    assert [each.code for each in found("[]")] == ["workflow.type"]
    assert [each.code for each in found("")] == ["json.empty"]


@pytest.mark.parametrize(
    ("more", "is_known"),
    [
        ({}, True),
        ({"additionalProperties": False}, True),
        ({"additionalProperties": True}, False),
        ({"patternProperties": {"^x": {}}}, False),
        ({"allOf": [{"properties": {"y": {}}}]}, False),
        ({"if": {}, "then": {}}, False),
    ],
)
def test_unknown_input_is_an_error_unless_the_schema_is_open(more: dict[str, Any], is_known: bool) -> None:
    source = workflow(step("a", input={"x": "{{ inputs.xy }}"}), inputSchema={"type": "object", **more})
    assert [each.code for each in found(source)] == (["reference.input"] if is_known else [])


def test_condition_of_a_case_is_named_by_its_position() -> None:
    case = {"when": "inputs.nope", "steps": [step("b")]}
    (diagnostic,) = found(workflow({"id": "a", "type": "switch", "cases": [case]}))
    assert (diagnostic.location.step_id, diagnostic.location.field) == ("a", "cases.0.when")
    assert diagnostic.pointer == "/steps/0/cases/0/when"


def test_index_has_no_properties() -> None:
    source = workflow(step("a", forEach={"in": "[1]", "as": "item"}, input={"x": "{{ index.x }}", "n": "{{ index }}"}))
    (diagnostic,) = found(source)
    assert (diagnostic.code, diagnostic.message) == (
        "reference.property",
        "index is a whole number, so it has no 'x'",
    )
