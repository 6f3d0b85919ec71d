"""Dependent fields of a step: arguments of a tool, inputs of a child workflow."""

from wftui.model.base import Json
from wftui.model.forms.addresses import node_at
from wftui.model.forms.building import form_of
from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Pairs
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.forms.state import rebuild_form
from wftui.model.workflow.field_conditions import choice_of, when_chosen
from wftui.model.workflow.step_schema import step_schema
from wftui.steps.registry.step_registry import builtin_registry

CHILD: Json = {
    "type": "object",
    "properties": {"name": {"$ref": "#/$defs/name"}, "days": {"type": "integer", "default": 7}},
    "required": ["name"],
    "$defs": {"name": {"type": "string", "description": "Whose report."}},
}


def form(step: dict[str, Json]) -> Group:
    kind = builtin_registry().get("workflow")
    assert kind is not None
    conditions: list[Json] = [
        choice_of("workflow", ["child", "other"]),
        when_chosen("workflow", "child", {"inputs": CHILD}),
        when_chosen("workflow", "other", {"inputs": {"type": "object", "properties": {"x": {"type": "boolean"}}}}),
    ]
    schema = step_schema("workflow", kind.input_schema(), [], others=["first", "second"], conditions=conditions)
    root = rebuild_form(form_of(schema, bindable=True), {"id": "it", "type": "workflow", **step})
    assert isinstance(root, Group)
    return root


def fields(node: FormNode) -> list[str]:
    return [inner.field.name for inner in node.nodes] if isinstance(node, Group) else []


def test_child_inputs_are_fields_of_the_step() -> None:
    root = form({"input": {"workflow": "child", "inputs": {"name": "{{ inputs.who }}", "more": 1}}})
    inputs = node_at(root, "/input/inputs")
    assert fields(inputs) == ["name", "days"]
    name = node_at(root, "/input/inputs/name")
    assert isinstance(name, Leaf)
    assert (name.field.description, name.field.required, name.text) == ("Whose report.", True, "{{ inputs.who }}")
    assert root.collect() == {
        "id": "it",
        "type": "workflow",
        "input": {"workflow": "child", "inputs": {"name": "{{ inputs.who }}", "more": 1}},
    }


def test_another_child_has_other_fields() -> None:
    root = form({})
    whole = node_at(root, "/input")
    assert isinstance(whole, Group)
    assert isinstance(node_at(root, "/input/inputs"), Pairs)
    chosen = node_at(root, "/input/workflow")
    assert isinstance(chosen, Leaf)
    assert [choice.value for choice in chosen.field.choices] == ["child", "other"]
    for name, expected in (("child", ["name", "days"]), ("other", ["x"])):
        chosen.give(name)
        assert whole.follow()
        assert fields(node_at(root, "/input/inputs")) == expected


def test_needed_steps_are_picked() -> None:
    root = form({"needs": ["first", "gone"]})
    needs = node_at(root, "/needs/0")
    assert [choice.value for choice in needs.field.choices] == ["first", "second"]
    assert root.collect() == {"id": "it", "type": "workflow", "needs": ["first", "gone"]}
