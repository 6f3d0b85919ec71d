"""The form of each step type, which leaves an untouched step unchanged."""

import json

import pytest
from compiler.every_feature import EVERYTHING
from syrupy.assertion import SnapshotAssertion

from model.workflow.form_routes import FORMS, follow, routes
from wftui.compiler.editing.form_values import write_fields
from wftui.compiler.editing.step_edits import rewritten
from wftui.model.base import Json
from wftui.model.forms.addresses import leaves, node_at, pointer_of, text_problems
from wftui.model.forms.building import form_of
from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Pairs
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.forms.state import rebuild_form
from wftui.model.schema.json_schema import MISSING
from wftui.model.workflow.step_schema import step_schema, workflow_schema
from wftui.steps.registry.step_registry import BUILTIN, builtin_registry


def form(word: str, step: dict[str, Json], connections: list[str] | None = None) -> FormNode:
    kind = builtin_registry().get(word)
    schema = step_schema(word, kind.input_schema() if kind else None, connections or [])
    return rebuild_form(form_of(schema, bindable=True), step)


def leaf(root: FormNode, pointer: str) -> Leaf:
    found = node_at(root, pointer)
    assert isinstance(found, Leaf)
    return found


@pytest.mark.parametrize("word", sorted(BUILTIN))
def test_type_examples_pass_forms_unchanged(word: str) -> None:
    kind = builtin_registry().get(word)
    assert kind is not None
    step: dict[str, Json] = {"id": "it", "type": word, "input": dict(kind.example), "vendorKey": [1]}
    assert form(word, step).collect() == step


@pytest.mark.parametrize("word", sorted(BUILTIN))
def test_type_fields_have_descriptions(word: str) -> None:
    root = form(word, {"id": "it", "type": word})
    inner = [each for each in leaves(root) if pointer_of(each).startswith("/input/") and not each.field.rest]
    assert [pointer_of(each) for each in inner if pointer_of(each).count("/") == 2 and not each.field.description] == []


@pytest.mark.parametrize("step_type", ["group", "switch", "loop"])
def test_container_keeps_its_content(step_type: str) -> None:
    step: dict[str, Json] = {"id": "it", "type": step_type, "steps": [{"id": "in", "type": "set"}], "until": "true"}
    assert form(step_type, step).collect() == step


def test_every_field_accepts_an_expression() -> None:
    root = form(
        "http", {"id": "it", "type": "http", "input": {"url": "{{ inputs.url }}", "maxBytes": "{{ inputs.n }}"}}
    )
    assert (leaf(root, "/input/maxBytes").text, leaf(root, "/input/maxBytes").problem) == ("{{ inputs.n }}", "")
    leaf(root, "/input/maxBytes").type_text("{{ inputs.m }}")
    leaf(root, "/input/json").type_text("{{ steps.a.output }}")
    leaf(root, "/input/timeout").type_text("5m")
    assert list(text_problems(root)) == []
    collected = root.collect()
    assert isinstance(collected, dict)
    wanted = {"maxBytes": "{{ inputs.m }}", "json": "{{ steps.a.output }}", "timeout": "5m", "url": "{{ inputs.url }}"}
    assert collected["input"] == wanted
    leaf(root, "/input/maxBytes").type_text("much")
    assert [pointer_of(each) for each, _ in text_problems(root)] == ["/input/maxBytes"]


def test_a_connection_is_chosen_from_those_of_the_workflow() -> None:
    root = form("http", {"id": "it", "type": "http"}, ["work", "home"])
    assert [choice.value for choice in leaf(root, "/connection").field.choices] == ["work", "home"]


def test_long_texts_get_lines_to_write_in() -> None:
    assert leaf(form("shell", {"id": "it", "type": "shell"}), "/input/script").field.kind == "multiline"


@pytest.mark.parametrize("name", FORMS)
def test_every_field_is_shown_edited_and_saved(name: str) -> None:
    keys, schema = FORMS[name]
    form = form_of(schema, bindable=True)
    assert {field.name for field in form.fields} == keys
    before: Json = {"id": "it", "vendorKey": {"x": [1, 2.50]}, "name": "It"}
    text = json.dumps(before, indent=3).replace("2.5", "2.50")
    for route in routes(form):
        if route == (("field", "name"),):
            continue
        root = rebuild_form(form, json.loads(text))
        filled_in(follow(root, route))
        assert list(text_problems(root)) == [], route
        collected = root.collect()
        changed = rewritten(text, write_fields("", collected))[0]
        assert json.loads(changed) == collected, route
        assert changed.startswith(text.rstrip("}").rstrip()), route
        assert set(collected) == {*before, route[0][1]}, route
        again = rebuild_form(form, json.loads(changed))
        assert rewritten(changed, write_fields("", again.collect()))[0] == changed, (
            f"{route}: a second look changes nothing"
        )
        assert list(text_problems(again)) == []


def filled_in(node: Leaf) -> None:
    """Fill in a field."""
    if node.field.kind == "choice":
        node.give(node.field.choices[0].value)
    elif node.field.kind == "choices":
        node.give([node.field.choices[0].value])
    elif node.field.kind == "boolean":
        node.give(True)
    else:
        node.type_text("{{ inputs.x }}" if node.field.bindable else "x")


def test_whole_workflow_passes_its_form_unchanged() -> None:
    form = form_of(workflow_schema(), bindable=True)
    assert rebuild_form(form, EVERYTHING).collect() == EVERYTHING


def test_new_row_has_only_what_is_filled_in() -> None:
    root = rebuild_form(form_of(workflow_schema(), bindable=True), {"id": "flow"})
    types = node_at(root, "/defaults/types")
    assert isinstance(types, Pairs)
    added = types.add()
    assert isinstance(added, Group)
    name = added.nodes[0]
    assert isinstance(name, Leaf)
    name.type_text("http")
    leaf(root, "/defaults/types/http/timeout").type_text("5m")
    assert root.collect() == {"id": "flow", "defaults": {"types": {"http": {"timeout": "5m"}}}}


def test_input_is_built_by_fields() -> None:
    root = rebuild_form(form_of(workflow_schema(), bindable=True), {"id": "flow"})
    inputs = node_at(root, "/inputSchema/properties")
    assert isinstance(inputs, Pairs)
    added = inputs.add()
    assert isinstance(added, Group)
    name = added.nodes[0]
    assert isinstance(name, Leaf)
    name.type_text("limit")
    limit = "/inputSchema/properties/limit"
    give_kind(root, limit, "integer")
    leaf(root, f"{limit}/minimum").type_text("1")
    leaf(root, f"{limit}/default").type_text("10")
    declared = {"type": "integer", "default": 10, "minimum": 1}
    assert root.collect() == {"id": "flow", "inputSchema": {"properties": {"limit": declared}}}
    leaf(root, f"{limit}/default").give(MISSING)
    give_kind(root, limit, "string")
    leaf(root, f"{limit}/pattern").type_text("^a")
    declared = {"type": "string", "pattern": "^a"}
    assert root.collect() == {"id": "flow", "inputSchema": {"properties": {"limit": declared}}}


@pytest.mark.parametrize("depth", range(1, 5))
def test_items_and_fields_of_inputs_are_edited_by_fields(depth: int) -> None:
    declared: dict[str, Json] = {"type": "string", "maxLength": 9}
    place = ""
    for _ in range(depth):
        rows = {"type": "array", "items": declared, "minItems": 1}
        declared = {"type": "object", "properties": {"rows": rows}, "required": ["rows"]}
        place += "/properties/rows/items"
    workflow: dict[str, Json] = {"id": "flow", "inputSchema": {"properties": {"it": declared}}}
    root = rebuild_form(form_of(workflow_schema(), bindable=True), workflow)
    assert root.collect() == workflow
    assert [pointer_of(each) for each in leaves(root) if each.field.kind == "json" and each.text] == []
    most = leaf(root, f"/inputSchema/properties/it{place}/maxLength")
    assert most.field.kind == "integer"
    most.type_text("10")
    assert root.collect() == json.loads(json.dumps(workflow).replace("9", "10"))


def give_kind(root: FormNode, pointer: str, kind: str) -> None:
    leaf(root, f"{pointer}/type").give(kind)
    declared = node_at(root, pointer)
    assert isinstance(declared, Group)
    declared.follow()


INPUT: Json = {
    "type": "object",
    "properties": {
        "script": {"type": "string"},
        "env": {"additionalProperties": {"$ref": "#/$defs/Retry"}},
        "cwd": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "Cwd"},
    },
    "$defs": {"Retry": {"type": "string"}},
    "required": ["script"],
}


def test_schemas_of_forms(snapshot: SnapshotAssertion) -> None:
    schemas = {
        "a leaf": step_schema("shell", INPUT, ["db"], others=["a", "b"], conditions=[{"required": ["env"]}]),
        "a container": step_schema("loop", None, []),
        "a switch": {"properties": step_schema("switch", None, [])["properties"]},
        "a race": {"properties": step_schema("race", None, [])["properties"]},
        "the workflow": workflow_schema(),
    }
    assert json.dumps(schemas, indent=1, ensure_ascii=False) == snapshot


@pytest.mark.parametrize("word", [*sorted(BUILTIN), "group", "loop", "switch", "race"])
def test_each_reference_of_a_form_leads_to_a_definition(word: str) -> None:
    kind = builtin_registry().get(word)
    schema = step_schema(word, kind.input_schema() if kind else None, [])
    used = {part.partition('"')[0] for part in json.dumps(schema).split("#/$defs/")[1:]}
    assert used <= set(schema["$defs"])
    assert any(name.startswith("step:") for name in used)
