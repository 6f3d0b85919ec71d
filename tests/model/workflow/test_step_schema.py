"""The form of a step: every step type gives one, which leaves a step as it is unless it is filled in otherwise."""

import json

import pytest
from compiler.every_feature import EVERYTHING

from wftui.compiler.editing.changes import changes
from wftui.compiler.source.patching import apply_patch
from wftui.model.base import Json
from wftui.model.forms.addresses import leaves, node_at, pointer_of, text_problems
from wftui.model.forms.building import form_of
from wftui.model.forms.state import Group, Items, Leaf, Node, Pairs, Union, rebuild_form
from wftui.model.workflow.definition import Step, Workflow
from wftui.model.workflow.step_schema import step_schema, workflow_schema
from wftui.steps.registry.step_registry import BUILTIN, builtin_registry


def form(word: str, step: dict[str, Json], connections: list[str] | None = None) -> Node:
    kind = builtin_registry().get(word)
    schema = step_schema(word, kind.input_schema() if kind else None, connections or [])
    return rebuild_form(form_of(schema, bindable=True), step)


def leaf(root: Node, pointer: str) -> Leaf:
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


KEPT_ELSEWHERE = {"id", "type", "steps", "cases", "default", "branches", "catch", "format", "finally"}
"""Keys of steps and workflows that keys of the list change, or that never change."""


def every_form() -> list[tuple[str, set[str], Json]]:
    """Return the form of each step type and of a workflow, with the keys that it must show."""
    step = {name.alias or key for key, name in Step.model_fields.items()}
    loop = {"until", "while", "maxIterations", "onLimit", "delay"}
    forms: list[tuple[str, set[str], Json]] = []
    for word in [*sorted(BUILTIN), "group", "switch", "loop"]:
        kind = builtin_registry().get(word)
        keys = step - KEPT_ELSEWHERE - (set() if word == "loop" else loop)
        keys -= set() if kind else {"input"}
        forms.append((word, keys, step_schema(word, kind.input_schema() if kind else None, ["main"])))
    workflow = {field.alias or key for key, field in Workflow.model_fields.items()} - KEPT_ELSEWHERE
    return [*forms, ("the workflow", workflow, workflow_schema())]


FORMS = {name: (keys, schema) for name, keys, schema in every_form()}


@pytest.mark.parametrize("name", FORMS)
def test_every_field_is_shown_and_edited(name: str) -> None:
    keys, schema = FORMS[name]
    form = form_of(schema, bindable=True)
    assert {field.name for field in form.fields} == keys
    for field in form.fields:
        root = rebuild_form(form, {"id": "it", "vendorKey": {"x": 1}})
        node = next(each for each in root.nodes if each.field is field) if not isinstance(root, Leaf) else root
        first = filled_in(node)
        if first is None:
            continue
        collected = root.collect()
        assert set(collected) == {"id", "vendorKey", field.name}, name
        text = json.dumps({"id": "it", "vendorKey": {"x": 1}}, indent=3)
        changed = apply_patch(text, changes(json.loads(text), collected, ""))
        assert json.loads(changed) == collected
        assert changed.startswith(text.rstrip("}").rstrip())
        again = rebuild_form(form, json.loads(changed))
        assert again.collect() == collected, "a second look changes nothing"
        assert list(text_problems(again)) == []


def filled_in(node: Node) -> Leaf | None:
    """Fill in the first field of a node; add an item where there is none."""
    if isinstance(node, Items):
        node.add()
        for inner in (
            node.nodes[0].nodes if isinstance(node, Pairs) and isinstance(node.nodes[0], Group) else node.nodes
        ):
            filled_in(inner)
        return next(leaves(node))
    if isinstance(node, Union):
        node.choose(0)
    if isinstance(node, Group | Union):
        return next((found for found in map(filled_in, node.nodes[:1]) if found), None)
    if node.field.kind == "choice":
        node.give(node.field.choices[0].value)
    elif node.field.kind == "choices":
        node.give([node.field.choices[0].value])
    elif node.field.kind == "boolean":
        node.give(True)
    else:
        node.type_text("{{ inputs.x }}" if node.field.bindable else "x")
    return node


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
    leaf(root, "/inputSchema/properties/limit/type").give("integer")
    leaf(root, "/inputSchema/properties/limit/minimum").type_text("1")
    leaf(root, "/inputSchema/properties/limit/default").type_text("10")
    declared = {"type": "integer", "default": 10, "minimum": 1}
    assert root.collect() == {"id": "flow", "inputSchema": {"properties": {"limit": declared}}}
