import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.compiler.source.patching import PatchError, apply_patch
from wftui.model.json.pointers import pointer_to
from wftui.model.workflow.compilation import PatchOperation

SOURCE = """{
  "format": 1,
  "id": "x",   "name": "odd   spaces",
  "steps": [
    { "id": "a", "type": "set" },
    {
      "id": "b",
      "type": "set",
      "needs": ["a"]
    }
  ]
}
"""


def op(op: str, path: str, **rest: Any) -> PatchOperation:
    return PatchOperation.model_validate({"op": op, "path": path, **rest})


def test_adding_a_member_keeps_the_layout_of_its_object() -> None:
    one_line = apply_patch(SOURCE, [op("add", "/steps/0/join", value="none_failed")])
    assert one_line == SOURCE.replace('"type": "set" }', '"type": "set", "join": "none_failed" }')
    lines = apply_patch(SOURCE, [op("add", "/steps/1/join", value="none_failed")])
    assert lines == SOURCE.replace('"needs": ["a"]', '"needs": ["a"],\n      "join": "none_failed"')


def test_replacing_changes_only_the_value() -> None:
    assert apply_patch(SOURCE, [op("replace", "/steps/1/needs/0", value="z")]) == SOURCE.replace('["a"]', '["z"]')


def test_removing_includes_the_comma() -> None:
    last = apply_patch(SOURCE, [op("remove", "/steps/1/needs")])
    assert last == SOURCE.replace(',\n      "needs": ["a"]', "")
    first = apply_patch(SOURCE, [op("remove", "/format")])
    assert first == SOURCE.replace('"format": 1,\n  ', "")
    only = apply_patch(SOURCE, [op("remove", "/steps/1/needs/0")])
    assert only == SOURCE.replace('["a"]', "[]")


def test_renamed_key_keeps_its_position() -> None:
    renamed = apply_patch(SOURCE, [op("move", "/steps/1/uses", **{"from": "/steps/1/needs"})])
    assert renamed == SOURCE.replace('"needs"', '"uses"')


def test_copied_value_is_laid_out_like_an_added_one() -> None:
    copied = apply_patch(SOURCE, [op("copy", "/steps/0/needs", **{"from": "/steps/1/needs"})])
    assert copied == SOURCE.replace('"type": "set" }', '"type": "set", "needs": ["a"] }')


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (op("remove", "/nothing"), "/nothing is not in the file"),
        (op("add", "/steps/3", value=1), "/steps/3 is not in the file"),
        (op("add", "/steps/x", value=1), "/steps/x is not in the file"),
        (op("replace", "/steps/0/none/deep", value=1), "/steps/0/none/deep is not in the file"),
        (op("replace", "/steps/-", value=1), "/steps/- is not in the file"),
        (op("replace", "", value=1), "a fix cannot replace the whole file"),
        (op("test", "/format", value=2), "/format has changed since the fix was made"),
        (op("move", "/name", **{"from": "/id"}), "name is already in the file"),
    ],
)
def test_inapplicable_patch_is_an_error(operation: PatchOperation, reason: str) -> None:
    with pytest.raises(PatchError) as caught:
        apply_patch(SOURCE, [operation])
    assert str(caught.value) == reason


def test_a_test_that_holds_changes_nothing() -> None:
    assert apply_patch(SOURCE, [op("test", "/steps/1/needs", value=["a"]), op("test", "/format", value=1)]) == SOURCE


def test_members_are_added_where_they_are_meant_to_be() -> None:
    assert apply_patch("[1, 2]", [op("add", "/1", value=9)]) == "[1, 9, 2]"
    assert apply_patch("[1, 2]", [op("add", "/2", value=9)]) == "[1, 2, 9]"
    assert apply_patch("[1, 2]", [op("add", "/-", value=9)]) == "[1, 2, 9]"
    assert apply_patch("[]", [op("add", "/-", value=9)]) == "[9]"
    assert apply_patch("{}", [op("add", "/é", value=[1])]) == '{ "é": [1] }'
    assert apply_patch('{"a": 1}', [op("add", "/a", value=2)]) == '{"a": 2}'
    assert apply_patch('{"a": {"x": 1}, "b": []}', [op("move", "/b/-", **{"from": "/a/x"})]) == '{"a": {}, "b": [1]}'


def test_invalid_json_is_unchanged() -> None:
    with pytest.raises(PatchError, match="not valid JSON"):
        apply_patch('{"a": ', [op("remove", "/a")])


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
).filter(lambda value: isinstance(value, dict | list))


@given(documents, st.data(), st.sampled_from([None, 2]))
def test_patches_follow_rfc_6902(document: Any, data: st.DataObject, indent: int | None) -> None:
    places: list[str] = []

    def walk(value: Any, path: list[str | int]) -> None:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            places.append(pointer_to([*path, key]))
            if isinstance(inner, dict | list):
                walk(inner, [*path, key])

    walk(document, [])
    new = pointer_to(["new"]) if isinstance(document, dict) else "/-"
    kind = data.draw(st.sampled_from(["add", "remove", "replace"] if places else ["add"]))
    path = data.draw(st.sampled_from([*places, new] if kind == "add" else places))
    value = data.draw(documents)
    operation = {"op": kind, "path": path} | ({} if kind == "remove" else {"value": value})
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    expected = jsonpatch.apply_patch(document, [operation])
    assert json.loads(apply_patch(text, [PatchOperation.model_validate(operation)])) == expected


def test_replacement_is_laid_out_like_the_value_before() -> None:
    value = {"id": "c", "type": "set"}
    one_line = apply_patch(SOURCE, [op("replace", "/steps/0", value=value)])
    assert one_line == SOURCE.replace('{ "id": "a", "type": "set" }', '{"id": "c", "type": "set"}')
    lines = apply_patch(SOURCE, [op("replace", "/steps/1", value=value)])
    assert lines == SOURCE.replace('"b"', '"c"').replace('"set",\n      "needs": ["a"]', '"set"')
