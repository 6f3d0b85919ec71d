"""The form for secret inputs of a stored run, which are not stored."""

from wftui.connections.redaction import MASK
from wftui.engine.primitives.secret_inputs import missing_secrets_form
from wftui.model.base import Json

_KEYS: dict[str, Json] = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "key": {"type": "string", "writeOnly": True}},
    "additionalProperties": {"type": "string", "writeOnly": True},
}


def test_form_asks_only_for_the_secrets() -> None:
    form = missing_secrets_form(_KEYS, {"n": 1, "key": MASK}, ["/key"])
    assert form is not None
    schema, known = form
    assert (schema["properties"], schema["required"]) == ({"key": {"type": "string", "writeOnly": True}}, ["key"])
    assert known == {"key": MASK}


def test_form_is_whole_for_a_secret_without_a_property() -> None:
    stored: dict[str, Json] = {"n": 1, "key": MASK, "other": MASK}
    assert missing_secrets_form(_KEYS, stored, ["/key", "/other"]) == (_KEYS, stored)


def test_no_form_without_a_secret() -> None:
    assert missing_secrets_form(_KEYS, {"n": 1, "key": "shown"}, ["/key"]) is None
