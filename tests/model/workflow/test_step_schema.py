"""The form of a step: every step type gives one, which leaves a step as it is unless it is filled in otherwise."""

import json
from collections.abc import Iterator

import pytest
from compiler.every_feature import EVERYTHING

from wftui.compiler.editing.form_values import write_fields
from wftui.compiler.editing.step_edits import rewritten
from wftui.model.base import Json
from wftui.model.forms.addresses import leaves, node_at, pointer_of, text_problems
from wftui.model.forms.building import form_of
from wftui.model.forms.fields import FormField
from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Items, Pairs
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.forms.state import rebuild_form
from wftui.model.forms.unions import Union
from wftui.model.schema.json_schema import MISSING
from wftui.model.workflow.definition import Step, Workflow
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


KEPT_ELSEWHERE = {"id", "type", "steps", "format", "finally"}
"""Keys of steps and workflows that keys of the list change, or that never change."""


def every_form() -> list[tuple[str, set[str], Json]]:
    """Return the form of each step type and of a workflow, with the keys that it must show."""
    step = {name.alias or key for key, name in Step.model_fields.items()}
    own = {
        "loop": {"until", "while", "maxIterations", "onLimit", "delay"},
        "switch": {"cases", "default"},
        "race": {"branches"},
    }
    forms: list[tuple[str, set[str], Json]] = []
    for word in [*sorted(BUILTIN), "group", "switch", "race", "loop"]:
        kind = builtin_registry().get(word)
        keys = step - KEPT_ELSEWHERE - set().union(*(each for name, each in own.items() if name != word))
        keys -= set() if kind else {"input"}
        forms.append((word, keys, step_schema(word, kind.input_schema() if kind else None, ["main"])))
    workflow = {field.alias or key for key, field in Workflow.model_fields.items()} - KEPT_ELSEWHERE
    return [*forms, ("the workflow", workflow, workflow_schema())]


FORMS = {name: (keys, schema) for name, keys, schema in every_form()}


Route = tuple[tuple[str, str | int], ...]
"""The way to a field: into properties, items, rows of a map, and chosen forms."""


def routes(field: FormField, before: Route = ()) -> Iterator[Route]:
    """Yield the way to each field that a person can fill in, in every form of every value."""
    if len(before) > 8:
        return
    if field.kind == "union":
        for place, variant in enumerate(field.variants):
            yield from routes(variant.field, (*before, ("form", place)))
    elif field.kind in ("group", "tuple"):
        for inner in field.fields:
            yield from routes(inner, (*before, ("rest", "") if inner.rest else ("field", inner.name)))
    elif field.kind == "list" and field.item is not None:
        yield from routes(field.item, (*before, ("item", "")))
    elif field.kind == "map" and field.item is not None:
        yield from routes(field.item.fields[1], (*before, ("row", "named")))
    else:
        yield before


def follow(root: FormNode, route: Route) -> Leaf:
    """Go to a field as a person does: choose forms, add items and rows."""
    node = root
    for how, where in route:
        if how == "form":
            assert isinstance(node, Union)
            node.choose(int(where))
            node = node.nodes[0]
        elif how == "item":
            assert isinstance(node, Items)
            node = node.add()
        elif how == "row":
            assert isinstance(node, Pairs)
            row = node.add()
            assert isinstance(row, Group)
            name, node = row.nodes
            assert isinstance(name, Leaf)
            name.type_text(str(where))
        else:
            assert isinstance(node, Group)
            node = next(each for each in node.nodes if (each.field.rest if how == "rest" else each.field.name == where))
    assert isinstance(node, Leaf), route
    return node


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
