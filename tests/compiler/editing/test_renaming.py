"""Names change where they are declared and where they are read, and nowhere else."""

import json
import random
import sys
from itertools import count
from typing import Any

import pytest

from compiler.compiler_helpers import check, step, text_of, workflow
from compiler.editing.test_step_edits import layout
from compiler.test_random_workflows import Maker
from wftui.compiler.diagnostics.fixes import apply_fix
from wftui.compiler.editing.names import misses
from wftui.compiler.editing.placed_steps import EditError, steps_in
from wftui.compiler.editing.rename_fixes import renamed_by_hand, renamed_paths, with_rename_fixes
from wftui.compiler.editing.renaming import (
    RenameTarget,
    named_at,
    rename,
    rename_called_workflow,
    rename_in_calls,
    why_not_renamed,
)
from wftui.compiler.editing.step_edits import apply_operation, listed_steps
from wftui.compiler.source.rewriting import source_text, source_tree

SOURCE = """{
  "format": 1, "id": "flow",
  "inputSchema": {"type": "object", "required": ["who",  "list"],
    "properties": {"who" : {"type": "string"}, "list": {"type": "array"}}},
  "connections": { "api" : {"kind": "http"}},
  "steps": [
    {"id": "list", "type": "set", "input": {"x": "list {{ inputs.list }} steps.list"}},
    {"id": "show", "type": "set", "needs": [ "list" ],
     "when": "steps.list.status == 'steps.list'  and steps['list'].output",
     "forEach": {"in": "steps.list.output.x"},
     "input": {"\\u00e4": "\\u00e4 {{ steps.list.output.x }}\\t{{ steps.list.status }} {{ item.list }}"}},
    {"id": "get", "type": "http", "connection": "api", "input": {"url": "/{{ inputs.who }}"}}
  ],
  "outputs": {"list" : "{{ steps.list.output }}"}
}
"""


def renamed(kind: str, old: str, new: str, text: str = SOURCE) -> str:
    return apply_operation(text, rename(RenameTarget(kind, old), new)).text  # type: ignore[arg-type]


def test_a_step_is_renamed_at_exact_places() -> None:
    assert renamed("step", "list", "found") == (
        SOURCE.replace('"id": "list"', '"id": "found"')
        .replace('[ "list" ]', '[ "found" ]')
        .replace("steps.list.status ==", "steps.found.status ==")
        .replace("steps['list'].output", "steps['found'].output")
        .replace("steps.list.output", "steps.found.output")
        .replace("{{ steps.list.status }}", "{{ steps.found.status }}")
    )


def test_an_input_is_renamed_in_its_schema_and_where_it_is_read() -> None:
    assert renamed("input", "list", "rows") == (
        SOURCE.replace('"who",  "list"', '"who",  "rows"')
        .replace('"list": {"type": "array"', '"rows": {"type": "array"')
        .replace("inputs.list", "inputs.rows")
    )


def test_an_input_is_renamed_in_vars_and_defaults() -> None:
    reads: list[dict[str, Any]] = [
        {"vars": {"v": "{{ inputs.list }}"}},
        {"defaults": {"timeout": "{{ inputs.list }}", "onError": {"fallback": "{{ steps.list }}"}}},
        {
            "defaults": {
                "types": {
                    "set": {"input": {"when": "{{ inputs.list }}"}, "retry": {"maxAttempts": "{{ inputs.list }}"}}
                }
            }
        },
    ]
    for fields in reads:
        text = text_of(workflow(step("a"), inputSchema={"properties": {"list": {}}}, **fields))
        assert renamed("input", "list", "rows", text) == (
            text.replace("inputs.list", "inputs.rows").replace('"list": {}', '"rows": {}')
        )


def test_an_input_is_renamed_in_the_group_of_runs() -> None:
    text = text_of(
        workflow(step("a"), inputSchema={"properties": {"who": {}}}, concurrency={"group": "{{ inputs.who }}"})
    )
    assert renamed("input", "who", "name", text) == text.replace('"who"', '"name"').replace("inputs.who", "inputs.name")


def test_connections_and_outputs_are_renamed() -> None:
    assert renamed("connection", "api", "my-api") == SOURCE.replace('"api"', '"my-api"')
    assert renamed("output", "list", "all") == SOURCE.replace('{"list" :', '{"all" :')


def test_tools_follow_the_name_of_a_connection() -> None:
    tools = [{"type": "http", "connection": "api"}, {"type": "http"}]
    text = text_of(
        workflow({"id": "a", "type": "llm", "input": {"tools": tools}}, connections={"api": {"kind": "http"}})
    )
    assert json.loads(renamed("connection", "api", "web", text))["steps"][0]["input"]["tools"][0]["connection"] == "web"


@pytest.mark.parametrize(
    ("kind", "old", "new", "reason"),
    [
        ("step", "list", "show", "there is another step show"),
        ("step", "list", "Two Words", "ids are lowercase letters"),
        ("step", "list", "inputs", "cannot be used: it is a name of the expression language"),
        ("step", "list", "class", "cannot be used: it is a Python keyword"),
        ("input", "list", "who", "there is another input who"),
        ("input", "list", "a-b", "names are letters, digits and _"),
        ("output", "list", "a b", "names are letters, digits and _"),
        ("connection", "api", " ", "a name is required"),
        ("step", "gone", "new", "there is no step gone"),
    ],
)
def test_invalid_name_is_refused(kind: str, old: str, new: str, reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        renamed(kind, old, new)


def test_an_id_of_two_steps_is_not_renamed() -> None:
    with pytest.raises(EditError, match="2 steps have the id a"):
        renamed("step", "a", "b", text_of(workflow(step("a"), step("a"))))


@pytest.mark.parametrize(
    ("marked", "named"),
    [
        ('"id": "li|st"', RenameTarget("step", "list")),
        ('[ "|list" ]', RenameTarget("step", "list")),
        ("{{ steps.li|st.output.x }}", RenameTarget("step", "list")),
        ("{{ inputs.wh|o }}", RenameTarget("input", "who")),
        ('"w|ho" :', RenameTarget("input", "who")),
        ('{ "ap|i" :', RenameTarget("connection", "api")),
        ('"connection": "a|pi"', RenameTarget("connection", "api")),
        ('{"li|st" : "{{', RenameTarget("output", "list")),
        ("== 'steps.li|st'", None),
        ('"format|"', None),
    ],
)
def test_name_at_the_cursor(marked: str, named: RenameTarget | None) -> None:
    head, tail = marked.split("|")
    before = SOURCE[: SOURCE.index(head + tail) + len(head)]
    assert named_at(SOURCE, before.count("\n") + 1, len(before) - before.rfind("\n")) == named


def test_broken_source_has_no_names() -> None:
    assert named_at("{", 1, 1) is None


@pytest.mark.parametrize("seed", range(40))
def test_a_renamed_step_of_any_workflow_is_read_as_before(seed: int) -> None:
    rng = random.Random(seed)
    value = Maker(seed).workflow()
    known = steps_in(value)
    if not known:
        return
    old = rng.choice(known).id
    value["outputs"]["one"] = f"{{{{ steps.{old}.output }}}} steps.{old}"
    text = layout(value, rng)
    assert why_not_renamed(value, RenameTarget("step", old), "fresh") is None
    changed = apply_operation(text, rename(RenameTarget("step", old), "fresh"))
    assert [(str(miss), miss.wanted) for miss, _ in misses(json.loads(changed.text)) if miss.wanted == old] == []
    assert json.loads(changed.text)["outputs"]["one"].endswith(f" steps.{old}")
    back = apply_operation(changed.text, rename(RenameTarget("step", "fresh"), old))
    assert back.text == text


def test_defaults_that_read_an_input_follow_its_name() -> None:
    default = "{{ inputs.host }}:80"
    properties = {"host": {"type": "string"}, "address": {"type": "string", "default": default}}
    text = text_of(workflow(inputSchema={"type": "object", "properties": properties}))
    changed = apply_operation(text, rename(RenameTarget("input", "host"), "name")).text
    assert json.loads(changed)["inputSchema"]["properties"]["address"]["default"] == "{{ inputs.name }}:80"


def test_steps_that_call_a_workflow_follow_its_id() -> None:
    call = {"id": "call", "type": "workflow", "input": {"workflow": "old", "inputs": {"workflow": "old"}}}
    group = {"id": "g", "type": "group", "steps": [call, step("x", input={"workflow": "old"})]}
    text = text_of(workflow(group))
    tree = source_tree(text)
    assert rename_called_workflow(tree, "old", "new") == 1
    assert source_text(tree) == text.replace('"workflow": "old"', '"workflow": "new"', 1)


@pytest.mark.parametrize(
    "caller",
    [
        {"steps": [{"id": "a", "type": "workflow", "input": {"workflow": "old", "inputs": {"who": 1}}}]},
        {
            "steps": [{"id": "a", "type": "workflow", "input": {"inputs": {"who": 1}}}],
            "defaults": {"types": {"workflow": {"input": {"workflow": "old"}}}},
        },
        {
            "steps": [
                {
                    "id": "a",
                    "type": "llm",
                    "input": {"tools": [{"type": "workflow", "input": {"workflow": "old", "inputs": {"who": 1}}}]},
                }
            ]
        },
        {
            "defaults": {
                "types": {
                    "llm": {
                        "input": {"tools": [{"type": "workflow", "input": {"workflow": "old", "inputs": {"who": 1}}}]}
                    }
                }
            },
            "steps": [],
        },
    ],
    ids=["step", "default of a step", "tool", "default tools"],
)
def test_every_call_of_a_workflow_follows_its_id_and_inputs(caller: dict[str, Any]) -> None:
    text = json.dumps({"format": 1, "id": "caller", **caller})
    tree = source_tree(text)
    assert rename_called_workflow(tree, "old", "new") == 1
    assert source_text(tree) == text.replace('"old"', '"new"')
    tree = source_tree(text)
    assert rename_in_calls(tree, "old", RenameTarget("input", "who"), "name") == 1
    assert source_text(tree) == text.replace('"who"', '"name"')
    assert rename_in_calls(tree, "other", RenameTarget("input", "name"), "x") == 0


def test_a_tool_that_may_call_any_workflow_keeps_its_inputs() -> None:
    tool = {"type": "workflow", "input": {"inputs": {"who": 1}}}
    defaults = {"types": {"workflow": {"input": {"workflow": "old"}}}}
    tree: Any = {"defaults": defaults, "steps": [{"id": "a", "type": "llm", "input": {"tools": [tool]}}]}
    assert rename_in_calls(tree, "old", RenameTarget("input", "who"), "name") == 0


def test_an_input_is_renamed_in_the_conditions_of_its_schema() -> None:
    schema = {
        "type": "object",
        "properties": {"who": {"type": "string"}, "how": {"enum": ["who"]}, "why": {"type": "string"}},
        "dependentRequired": {"who": ["how"], "how": ["who"]},
        "dependentSchemas": {"who": {"required": ["who", "why"]}},
        "if": {"properties": {"who": {"const": "who"}}, "required": ["who"]},
        "then": {"allOf": [{"properties": {"who": {"minLength": 2}}}]},
        "else": {
            "not": {"anyOf": [{"required": ["who"]}, {"oneOf": [{"properties": {"why": {"properties": {"who": {}}}}}]}]}
        },
    }
    text = text_of(workflow(inputSchema=schema))
    found = json.loads(apply_operation(text, rename(RenameTarget("input", "who"), "name")).text)["inputSchema"]
    assert found == {
        "type": "object",
        "properties": {"name": {"type": "string"}, "how": {"enum": ["who"]}, "why": {"type": "string"}},
        "dependentRequired": {"name": ["how"], "how": ["name"]},
        "dependentSchemas": {"name": {"required": ["name", "why"]}},
        "if": {"properties": {"name": {"const": "who"}}, "required": ["name"]},
        "then": {"allOf": [{"properties": {"name": {"minLength": 2}}}]},
        "else": {
            "not": {
                "anyOf": [{"required": ["name"]}, {"oneOf": [{"properties": {"why": {"properties": {"who": {}}}}}]}]
            }
        },
    }


def test_references_in_the_schema_follow_an_input() -> None:
    kept = {"whole": {"$ref": "#/properties/whom"}, "other": {"const": {"$ref": "#/properties/whose/x"}}}
    own = {"type": "object", "properties": {"who": {"type": "string"}}}
    schema = {
        "type": "object",
        "properties": {
            "who": own,
            "again": {"$ref": "#/properties/who"},
            "many": {"type": "array", "items": {"anyOf": [{"$ref": "#/properties/who/properties/who"}]}},
            **kept,
        },
    }
    text = text_of(workflow(inputSchema=schema))
    found = json.loads(apply_operation(text, rename(RenameTarget("input", "who"), "name")).text)["inputSchema"]
    assert found["properties"] == {
        "name": own,
        "again": {"$ref": "#/properties/name"},
        "many": {"type": "array", "items": {"anyOf": [{"$ref": "#/properties/name/properties/who"}]}},
        **kept,
    }


def test_manual_rename_offers_a_fix_of_broken_references() -> None:
    by_hand = SOURCE.replace('"id": "list"', '"id": "found"')
    before, after = listed_steps(SOURCE), listed_steps(by_hand)
    assert before is not None
    assert after is not None
    renames = renamed_by_hand(before, after)
    assert renames == {"list": "found"}
    problems = with_rename_fixes(check(by_hand).errors, by_hand, renames)
    assert {problem.fixes[0].title for problem in problems} == {"list was renamed to found"}
    assert apply_fix(by_hand, problems[0].fixes[0]) == renamed("step", "list", "found")


def test_replaced_step_is_not_a_rename() -> None:
    before, after = (listed_steps(text_of(workflow(each))) for each in (step("a"), {"id": "b", "type": "shell"}))
    assert before is not None
    assert after is not None
    assert renamed_by_hand(before, after) == {}
    assert with_rename_fixes([], "{}", {}) == []


def test_finding_renamed_steps_takes_in_proportion_to_their_number() -> None:
    def calls(number: int) -> int:
        """Calls of functions while all steps of a workflow are found under new names."""
        before, after = (
            [*steps_in({"steps": [step(f"{name}{at}", input={"x": at}) for at in range(number)]})] for name in "ab"
        )
        counter = count()
        sys.setprofile(lambda *_: next(counter))
        try:
            found = renamed_paths(before, after)
        finally:
            sys.setprofile(None)
        assert found == {f"a{at}": f"b{at}" for at in range(number)}
        return next(counter)

    assert calls(80) < 3 * calls(40)
