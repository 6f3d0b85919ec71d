"""Errors of a form: at the field, for the chosen form, with numbers as written."""

import pytest

from wftui.model.base import Json
from wftui.model.forms.addresses import located, node_at
from wftui.model.forms.building import form_of
from wftui.model.forms.nodes import Leaf
from wftui.model.forms.state import build_form
from wftui.model.forms.unions import Union
from wftui.model.schema.json_schema import MISSING
from wftui.runtime.validation.form_errors import form_problems
from wftui.runtime.validation.validator import validate_inputs

MAIL: Json = {"title": "Mail", "properties": {"address": {"type": "string"}, "cc": {"type": "string"}}}
CHAT: Json = {"title": "Chat", "properties": {"room": {"type": "string"}, "server": {"type": "string"}}}
TARGET: Json = {
    "properties": {
        "target": {"oneOf": [{**MAIL, "required": ["address", "cc"]}, {**CHAT, "required": ["room", "server"]}]}
    },
    "required": ["target"],
}


def test_error_is_that_of_the_chosen_form() -> None:
    root = build_form(form_of(TARGET))
    target = node_at(root, "/target")
    assert isinstance(target, Union)
    target.choose(1)
    room = node_at(root, "/target/room")
    assert isinstance(room, Leaf)
    room.type_text("lobby")
    assert form_problems(TARGET, root, root.collect()) == {"/target/server": "A value is required."}
    target.choose(0)
    assert list(form_problems(TARGET, root, root.collect())) == ["/target/address", "/target/cc"]


def test_form_without_a_choice_asks_for_one() -> None:
    schema = {"oneOf": TARGET["properties"]["target"]["oneOf"]}
    root = build_form(form_of(schema))
    assert form_problems(schema, root, root.collect()) == {"": "Choose one of: Mail, Chat."}


def test_rest_of_an_address_is_separated_from_the_field() -> None:
    root = build_form(form_of(TARGET), {"target": [{"address": 5}]})
    assert located(root, "/target/0/address")[1] == ["0", "address"]
    shown = build_form(form_of(TARGET), {"target": {"room": "a"}})
    node, rest = located(shown, "/target/server")
    assert (node.field.name, rest) == ("server", [])


@pytest.mark.parametrize(
    ("step", "value", "fits"),
    [
        (0.01, 0.07, True),
        (0.01, 1.1, True),
        (0.1, 0.3, True),
        (0.01, 4.35, True),
        (0.1, 1e300, True),
        (0.01, 0.075, False),
        (0.1, 0.25, False),
        (3, 10**30, False),
        (2.5, 10**400, True),
    ],
)
def test_multiples_are_those_of_the_written_decimals(step: float, value: float, fits: bool) -> None:
    assert (validate_inputs({"multipleOf": step}, value)[1] == []) is fits


def test_required_group_that_nobody_touched_is_absent() -> None:
    schema = {"properties": {"x": {"properties": {"a": {"type": "string"}}}}, "required": ["x"]}
    root = build_form(form_of(schema))
    assert form_problems(schema, root, root.collect()) == {"/x": "A value is required."}
    inner = {"properties": {"x": {"properties": {"a": {"type": "string"}}, "required": ["a"]}}, "required": ["x"]}
    root = build_form(form_of(inner))
    assert form_problems(inner, root, root.collect()) == {"/x/a": "A value is required."}
    node = node_at(root, "/x/a")
    assert isinstance(node, Leaf)
    assert node.value is MISSING
