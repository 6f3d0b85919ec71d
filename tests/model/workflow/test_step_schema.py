"""The form of a step: every step type gives one, which leaves a step as it is unless it is filled in otherwise."""

import pytest

from wftui.model.base import Json
from wftui.model.forms.fields import form_of, with_bindings
from wftui.model.forms.state import Leaf, Node, leaves, node_at, pointer_of, rebuild_form, text_problems
from wftui.model.workflow.step_schema import step_schema
from wftui.steps.registry.step_registry import BUILTIN, builtin_registry


def form(word: str, step: dict[str, Json], connections: list[str] | None = None) -> Node:
    kind = builtin_registry().get(word)
    schema = step_schema(word, kind.input_schema() if kind else None, connections or [])
    return rebuild_form(with_bindings(form_of(schema)), step)


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
