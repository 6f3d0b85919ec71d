"""Names in reach of an expression: which are offered, and how they are inserted."""

import json

import pytest

from compiler.compiler_helpers import found, workflow
from compiler.every_feature import EVERYTHING
from wftui.compiler.editing.placed_steps import steps_in
from wftui.compiler.editing.reach import Reach, reach_of, with_reach
from wftui.model.base import Json

STEPS: list[dict[str, Json]] = [
    {"id": "list", "type": "http", "input": {"url": "https://example.org"}},
    {"id": "each", "type": "set", "forEach": {"in": "steps.list.output.body", "as": "row"}, "input": {}},
    {
        "id": "box",
        "type": "loop",
        "until": "true",
        "maxIterations": 2,
        "steps": [{"id": "inside", "type": "set", "input": {}}],
    },
    {"id": "last", "type": "set", "input": {}},
]
INPUTS: Json = {"properties": {"limit": {"type": "integer"}, "a-b": {"type": "string"}}}
FLOW = workflow(*STEPS, inputSchema=INPUTS, env=["CI"])


def texts(pointer: str | None) -> dict[str, str]:
    schemas = {"http": {"type": "object", "properties": {"status": {"type": "integer"}}}}
    outputs = {"list": {"status": 200, "body": [{"name": "Ada"}]}}
    return {each.text: each.about for each in reach_of(FLOW, pointer, schemas, outputs)}


def test_names_by_schema_and_last_run() -> None:
    here = texts("/steps/1")
    assert here["row"] == "item of the forEach of each"
    assert here["inputs.limit"] == "integer"
    assert "inputs['a-b']" in here
    assert here["steps.list.output.status"] == "200 in the last run"
    assert here["steps.list.output.body[0].name"] == "Ada in the last run"
    assert {"env.CI", "run.id", "range()", "| upper"} <= here.keys()


def test_steps_that_wait_are_not_offered() -> None:
    assert not {text for text in texts("/steps/1") if text.startswith(("steps.each", "steps.last", "steps.box"))}
    assert {"steps.each.output", "previous", "index"} <= texts("/steps/2/steps/0").keys()
    assert "steps.inside.output" not in texts("/steps/3")
    assert {"steps.last.output", "steps.box.output"} <= texts(None).keys()


def test_each_offered_name_compiles_where_it_is_offered() -> None:
    for pointer in ("/steps/1", "/steps/2/steps/0", "/steps/3"):
        for each in reach_of(FLOW, pointer, {}, {}):
            if each.is_filter or each.text.endswith("()"):
                continue
            changed = json.loads(json.dumps(FLOW))
            step = next(one.step for one in steps_in(changed) if one.pointer == pointer)
            step["input"] = {"x": f"{{{{ {each.text} }}}}"}
            codes = {one.code for one in found(changed) if one.severity == "error"}
            assert not codes, each.text


def test_fields_of_set_are_its_output() -> None:
    flow = workflow({"id": "a", "type": "set", "input": {"rows": [1]}}, {"id": "b", "type": "set", "input": {}})
    assert "steps.a.output.rows" in {each.text for each in reach_of(flow, "/steps/1", {}, {})}


def test_handlers_read_the_error_and_final_steps_the_end_of_the_run() -> None:
    handler: Json = {"id": "note", "type": "set", "input": {}}
    risky: dict[str, Json] = {"id": "risky", "type": "set", "input": {}, "catch": [{"steps": [handler]}]}
    flow = workflow(risky, **{"finally": [{"id": "end", "type": "set", "input": {}}]})
    names = {at: {each.text for each in reach_of(flow, at, {}, {})} for at in ("/steps/0", "/finally/0")}
    names["handler"] = {each.text for each in reach_of(flow, "/steps/0/catch/0/steps/0", {}, {})}
    assert "error" in names["handler"]
    assert "error" not in names["/steps/0"] | names["/finally/0"]
    assert {"run.status", "run.error"} <= names["/finally/0"]
    assert not {"run.status", "run.error"} & (names["handler"] | names["/steps/0"])


def test_filters_are_offered_with_an_example_and_room_for_their_arguments() -> None:
    filters = {each.text: each for each in reach_of({}, None, {}, {}) if each.is_filter}
    assert '| selectattr("n", "gt", 2)' in filters["| selectattr()"].about
    assert "filter" in filters["| selectattr()"].other_words
    assert with_reach("{{ rows", 7, filters["| selectattr()"], bare=False) == (" | selectattr()", 14)
    for text, each in filters.items():
        name = text.removeprefix("| ").removesuffix("()")
        assert f"| {name}" in each.about
        assert f"| {name}(" in each.about or not text.endswith("()")


def test_every_feature_is_walked() -> None:
    for placed in steps_in(EVERYTHING):
        assert reach_of(EVERYTHING, placed.pointer, {}, {})


@pytest.mark.parametrize(
    ("text", "bare", "name", "made"),
    [
        ("", False, "inputs.x", "{{ inputs.x }}"),
        ("a {{ ", False, "inputs.x", "a {{ inputs.x"),
        ("{{ a }} ", False, "inputs.x", "{{ a }} {{ inputs.x }}"),
        ("", True, "inputs.x", "inputs.x"),
        ("inputs.x", True, "| upper", "inputs.x | upper"),
        ("text ", False, "| upper", "text {{  | upper }}"),
    ],
)
def test_insertion(text: str, bare: bool, name: str, made: str) -> None:
    reach = Reach(name, "", is_filter=name.startswith("|"))
    inserted, cursor = with_reach(text, len(text), reach, bare=bare)
    assert text + inserted == made
    assert 0 <= cursor <= len(inserted)
    if reach.is_filter and "{{" in inserted:
        assert inserted[:cursor] == "{{ ", "the value goes in front of the filter"
