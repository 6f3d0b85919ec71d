"""Secret inputs at any depth: masked, restored, asked for and found in texts."""

import pytest

from wftui.engine.primitives.secret_inputs import (
    answered_secrets,
    masked,
    missing_secrets_form,
    refuse_short_secrets,
    restore_secrets,
    secret_texts,
)
from wftui.model.base import Json
from wftui.model.errors import UsageError

INPUTS: dict[str, Json] = {
    "name": "x",
    "auth": {"pin": 12345, "old": None},
    "keys": ["first", "second"],
    "hosts": {"a": {"key": "key of a"}, "b": {"key": "key of b"}},
    "deep": {"list": [{"text": "inner"}, [7.5, True, None]]},
}


@pytest.mark.parametrize(
    ("pointer", "texts"),
    [
        ("/auth/pin", ["12345"]),
        ("/auth/old", []),
        ("/keys/*", ["first", "second"]),
        ("/keys/1", ["second"]),
        ("/keys/2", []),
        ("/keys/x", []),
        ("/hosts/*/key", ["key of a", "key of b"]),
        ("/hosts/b/key", ["key of b"]),
        ("/hosts/c/key", []),
        ("/name/more", []),
        ("/deep", ["inner", "7.5"]),
        ("/missing", []),
    ],
)
def test_secrets_are_found_at_any_depth(pointer: str, texts: list[str]) -> None:
    assert list(secret_texts(INPUTS, [pointer])) == texts


def test_masked_inputs_leave_the_given_ones_as_they_are() -> None:
    pointers = ["/auth/pin", "/auth/old", "/keys/1", "/hosts/*/key"]
    shown = masked(INPUTS, pointers)
    assert shown == {
        **INPUTS,
        "auth": {"pin": "***", "old": None},
        "keys": ["first", "***"],
        "hosts": {"a": {"key": "***"}, "b": {"key": "***"}},
    }
    assert INPUTS["keys"] == ["first", "second"]
    assert restore_secrets(shown, INPUTS, pointers) == INPUTS
    assert shown["keys"] == ["first", "***"]
    assert masked(INPUTS, []) == INPUTS


def test_missing_secrets_are_named_together() -> None:
    shown = masked(INPUTS, ["/auth/pin", "/hosts/*/key"])
    with pytest.raises(UsageError) as refused:
        restore_secrets(shown, {"hosts": {"a": {"key": "only one"}}}, ["/auth/pin", "/hosts/*/key"])
    assert refused.value.code == "inputs.secret"
    assert str(refused.value) == "secret inputs are never stored; give them again: auth.pin, hosts.*.key"


def test_an_input_that_held_a_secret_text_can_be_given_again() -> None:
    stored: dict[str, Json] = {"url": "https://***@host", "name": "x"}
    assert restore_secrets(stored, {"url": "https://me@host", "name": "y", "more": 1}, []) == {
        "url": "https://me@host",
        "name": "x",
    }
    assert restore_secrets(stored, {}, []) == stored


SCHEMA: dict[str, Json] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {"key": {"type": "string"}},
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "auth": {"type": "object"}, "keys": {"type": "array"}},
}


def test_the_form_asks_only_for_masked_secrets() -> None:
    stored = masked(INPUTS, ["/auth/pin"])
    form = missing_secrets_form(SCHEMA, stored, ["/auth/pin", "/keys/*"])
    assert form == (
        {
            "$schema": SCHEMA["$schema"],
            "$defs": SCHEMA["$defs"],
            "type": "object",
            "properties": {"auth": {"type": "object"}},
            "required": ["auth"],
            "additionalProperties": False,
        },
        {"auth": {"pin": "***", "old": None}},
    )
    assert missing_secrets_form(SCHEMA, INPUTS, ["/auth/pin"]) is None


@pytest.mark.parametrize("schema", [{}, {"properties": []}, {"properties": {"keys": {}}}])
def test_a_schema_that_does_not_name_the_secrets_is_asked_whole(schema: dict[str, Json]) -> None:
    stored = masked(INPUTS, ["/auth/pin"])
    assert missing_secrets_form(schema, stored, ["/auth/pin"]) == (schema, stored)


def test_short_secrets_are_refused_by_name() -> None:
    refuse_short_secrets({"a": "", "b": "123456", "c": None}, ["/a", "/b", "/c"])
    with pytest.raises(UsageError) as refused:
        refuse_short_secrets({"a": "12345", "b": {"c": [12]}, "d": "123456"}, ["/a", "/b/c", "/d"])
    assert refused.value.code == "inputs.secret_short"
    assert str(refused.value) == (
        "a secret input needs at least 6 characters, because a shorter one cannot be masked within a text: a, b.c;"
        " give a longer one, or none"
    )


def test_secrets_of_an_answer_are_those_its_form_marks() -> None:
    form: dict[str, Json] = {"properties": {"pin": {"type": "string", "writeOnly": True}, "name": {"type": "string"}}}
    assert answered_secrets(form, {"pin": "1234", "name": "x"}) == ["1234"]
    for data in (None, "1234", ["1234"]):
        assert answered_secrets(form, data) == []
    assert answered_secrets(None, {"pin": "1234"}) == []
    assert answered_secrets({}, {"pin": "1234"}) == []
