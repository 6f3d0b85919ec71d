"""The problems of a form at its fields, with their place in the text."""

import json

from compiler.compiler_helpers import check, step, text_of, workflow
from wftui.compiler.editing.field_problems import FieldDiagnostic, Written, edited, inserted, problems_of_fields
from wftui.compiler.editing.restructuring import insert
from wftui.model.base import Json


def found(written: Written, values: dict[str, Json]) -> list[FieldDiagnostic]:
    text, pointer = written(values)
    result = check(text)
    return problems_of_fields(text, pointer, [*result.errors, *result.warnings])


def test_problem_has_its_place_in_the_text() -> None:
    first = step("first", input={"a": 1})
    second = step("second", input={"text": "x"})
    text = text_of(workflow(first, second))
    values = step("second", input={"text": 'tab\t"q" é {{ steps.frist.output.a }}'})
    [problem] = found(edited(text, "/steps/1"), values)
    assert problem.pointer == "/input/text"
    assert problem.offset is not None
    assert values["input"]["text"][problem.offset :].startswith("steps.frist")


def test_bare_expression_has_its_place() -> None:
    first = step("first", input={})
    values = step("first", when="1 < inputs.nmae", input={})
    [problem] = found(edited(text_of(workflow(first)), "/steps/0"), values)
    assert (problem.pointer, problem.offset) == ("/when", len("1 < "))


def test_step_that_is_not_placed_yet_sees_those_before_it() -> None:
    text = text_of(workflow(step("first", input={"a": 1}), step("last", input={})))
    reading = step("new", input={"text": "{{ steps.first.output.a }}"})
    assert found(inserted(text, lambda steps: insert(steps, "/steps/0")), reading) == []
    text, pointer = inserted(text, lambda steps: insert(steps, "/steps/0", "before"))(reading)
    assert json.loads(text)["steps"][0]["id"] == "new"
    assert pointer == "/steps/0"


def test_whole_value_has_no_place() -> None:
    first = step("first", input={})
    values: dict[str, Json] = {"id": "first", "type": "delay", "input": {"for": 5, "untill": "x"}}
    problems = found(edited(text_of(workflow(first)), "/steps/0"), values)
    assert problems
    assert all(each.offset is None for each in problems)
