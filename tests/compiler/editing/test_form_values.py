"""Values of forms in the source: branches with steps, and unchanged bytes."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from wftui.compiler.editing.form_values import shown_fields, with_branches, write_fields
from wftui.compiler.editing.restructuring import insert_in_branch, new_branches
from wftui.compiler.editing.step_edits import apply_operation, rewritten, step_value
from wftui.model.base import Json
from wftui.model.forms.addresses import node_at
from wftui.model.forms.building import form_of
from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Items
from wftui.model.forms.nodes import Leaf
from wftui.model.forms.state import rebuild_form
from wftui.model.workflow.step_schema import step_schema

SWITCH = """{"format": 1, "id": "w", "steps": [
   {"id": "s",  "type": "switch",
    "cases": [
      { "when": "inputs.a > 1.50", "steps": [ {"id":"one", "type": "set", "input": {"n":1.0}} ] },
      {"steps": [
           {"id": "two", "type": "set", "input": {}}
      ], "when":   "true"}
    ]},
   {"id": "end", "type": "set", "input": {"x": "{{ steps.s.output }}"}}
]}
"""
ONE = '{ "when": "inputs.a > 1.50", "steps": [ {"id":"one", "type": "set", "input": {"n":1.0}} ] }'
TWO = '{"steps": [\n           {"id": "two", "type": "set", "input": {}}\n      ], "when":   "true"}'


def opened(text: str = SWITCH) -> Group:
    step = shown_fields(step_value(text, "/steps/0"))
    root = rebuild_form(form_of(step_schema(str(step["type"]), None, []), bindable=True), step)
    assert isinstance(root, Group)
    return root


def cases_of(root: Group, key: str = "cases") -> Items:
    found = node_at(root, f"/{key}")
    assert isinstance(found, Items)
    return found


def saved(root: Group, text: str = SWITCH) -> str:
    values = root.collect()
    assert isinstance(values, dict)
    return rewritten(text, write_fields("/steps/0", values))[0]


def typed(root: Group, pointer: str, text: str) -> None:
    found = node_at(root, pointer)
    assert isinstance(found, Leaf)
    found.type_text(text)


def test_untouched_form_changes_nothing() -> None:
    assert saved(opened()) == SWITCH


def test_a_condition_changes_alone() -> None:
    root = opened()
    typed(root, "/cases/1/when", "inputs.b")
    assert saved(root) == SWITCH.replace('"when":   "true"', '"when":   "inputs.b"')


def test_cases_move_with_their_steps() -> None:
    root = opened()
    cases = cases_of(root)
    assert cases.move(cases.nodes[1], -1)
    changed = saved(root)
    assert changed == SWITCH.replace(ONE, "#").replace(TWO, ONE).replace("#", TWO)
    typed(root, "/cases/0/when", "inputs.c")
    assert saved(root) == changed.replace('"when":   "true"', '"when":   "inputs.c"')


def test_a_removed_case_takes_its_steps_along() -> None:
    root = opened()
    cases = cases_of(root)
    cases.remove(cases.nodes[0])
    assert saved(root) == SWITCH.replace(ONE + ",\n      ", "")


def test_a_new_case_is_a_place_for_steps() -> None:
    root = opened()
    cases_of(root).add(at=1)
    typed(root, "/cases/1/when", "inputs.c")
    changed = saved(root)
    assert ONE in changed
    assert TWO in changed
    assert json.loads(changed)["steps"][0]["cases"][1] == {"when": "inputs.c", "steps": []}


def test_the_default_comes_and_goes() -> None:
    root = opened()
    default = node_at(root, "/default")
    assert isinstance(default, Leaf)
    default.give(True)
    changed = saved(root)
    assert json.loads(changed)["steps"][0]["default"] == {"steps": []}
    again = opened(changed)
    assert saved(again, changed) == changed
    last = node_at(again, "/default")
    assert isinstance(last, Leaf)
    last.give(False)
    assert saved(again, changed) == SWITCH


@pytest.mark.parametrize(
    ("kind", "key", "typed_in", "wanted"),
    [
        ("race", "branches", {"name": "fast"}, {"name": "fast", "steps": []}),
        ("http", "catch", {"on": "{{ x }}"}, {"on": "{{ x }}", "steps": []}),
        ("switch", "catch", {"output": "{{ error.message }}"}, {"output": "{{ error.message }}", "steps": []}),
    ],
)
def test_branches_of_each_kind_are_added(kind: str, key: str, typed_in: Mapping[str, str], wanted: Json) -> None:
    text = f'{{"format": 1, "id": "w", "steps": [{{"id": "s", "type": "{kind}"}}]}}'
    root = opened(text)
    branch = cases_of(root, key).add()
    for name, value in typed_in.items():
        field = next(each for each in branch.nodes if each.field.name == name)
        if isinstance(field, Leaf):
            field.type_text(value)
        else:
            index = branch.nodes.index(field)
            branch.nodes[index] = Leaf(field.field, branch, value)
    assert json.loads(saved(root, text))["steps"][0][key] == [wanted]


def test_a_new_step_has_lists_of_steps_in_its_branches() -> None:
    values: dict[str, Json] = {"id": "s", "type": "switch", "cases": [{"when": "true"}], "default": True}
    assert with_branches({}, values) == {
        "id": "s",
        "type": "switch",
        "cases": [{"when": "true", "steps": []}],
        "default": {"steps": []},
    }


@pytest.mark.parametrize(
    ("kind", "keys"),
    [("switch", ["cases", "default", "catch"]), ("race", ["branches", "catch"]), ("http", ["catch"])],
)
def test_steps_are_added_in_new_branches(kind: str, keys: list[str]) -> None:
    text = f'{{"format": 1, "id": "w", "steps": [{{"id": "s", "type": "{kind}", "note": "n"}}]}}'
    assert new_branches(step_value(text, "/steps/0")) == keys
    new: dict[str, Any] = {"id": "new", "type": "set", "input": {}}
    for key in keys:
        edit = apply_operation(text, insert_in_branch([new], "/steps/0", key))
        branch = json.loads(edit.text)["steps"][0][key]
        branch = branch if key == "default" else branch[0]
        assert branch["steps"] == [new]
        pointer = f"/steps/0/{key}/steps/0" if key == "default" else f"/steps/0/{key}/0/steps/0"
        assert edit.selected == (pointer,)
    twice = apply_operation(text, insert_in_branch([new], "/steps/0", keys[0])).text
    twice = apply_operation(twice, insert_in_branch([{**new, "id": "other"}], "/steps/0", keys[0])).text
    assert [each["steps"][0]["id"] for each in json.loads(twice)["steps"][0][keys[0]]] == ["new", "other"]
