"""JSON values, and the places of values that are not JSON."""

import json
import math
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.store_helpers import json_values
from wftui.model.base import Json
from wftui.model.json.writing import encode_pieces, text_pieces
from wftui.runtime.json_values import JsonValueError, TooBigError, check_big, ensure_json, measure
from wftui.runtime.workflow_errors import WorkflowError
from wftui.store.events.payloads import decode_pieces
from wftui.store.sqlite.storable_text import storable


class Color(StrEnum):
    RED = "red"


WRONG: list[tuple[Json, str, str]] = [
    ({1, 2}, "", "is a set"),
    ({"rows": [1, {"when": datetime(2026, 1, 1, tzinfo=UTC)}]}, "/rows/1/when", "is a datetime"),
    ([float("nan")], "/0", "is nan, which JSON cannot express"),
    ({"x": -math.inf}, "/x", "is -inf, which JSON cannot express"),
    ({"a": {3: "b"}}, "/a", "has the key 3, which is an int, not a text"),
    ((1, 2), "", "is a tuple"),
    ({"data": b"raw"}, "/data", "is a bytes"),
    ({"file": Path("x")}, "/file", "is a PosixPath"),
    ({"a/b": "\udc80"}, "/a~1b", "holds a lone surrogate ('\\udc80'), which is not a character"),
    ({"k\ud800": 1}, "", "has a key with a lone surrogate ('\\ud800'), which is not a character"),
    ([10**5000], "/0", "is a number of more than 3,900 digits"),
    # They would come back as plain values, which templates may write otherwise.
    ({"color": Color.RED}, "/color", "is a Color"),
    ([OrderedDict(a=1)], "/0", "is an OrderedDict"),
]


@pytest.mark.parametrize(("value", "at", "reason"), WRONG)
@pytest.mark.parametrize("check", [measure, check_big])
def test_non_json_values_are_refused_with_their_place(
    value: Json, at: str, reason: str, check: Callable[[Json], object]
) -> None:
    with pytest.raises(JsonValueError) as refused:
        check(value)
    assert (refused.value.at, refused.value.reason, refused.value.details) == (at, reason, {"at": at})
    where = f"the value at {at}" if at else "the value"
    assert str(refused.value) == f"{where} {reason}; only JSON values can pass between steps"


@pytest.mark.parametrize(("value", "at", "reason"), WRONG)
@pytest.mark.parametrize("beside", [0, 200_000])
async def test_oversized_value_error_names_its_step(value: Json, at: str, reason: str, beside: int) -> None:
    big = {"beside": ["x"] * beside, "value": value}
    with pytest.raises(WorkflowError) as refused:
        await ensure_json(big, "output.not_json", "the output")
    assert refused.value.type == "output.not_json"
    assert str(refused.value) == f"the output at /value{at} {reason}; only JSON values can pass between steps"


@given(value=json_values)
async def test_json_of_any_size_passes(value: Json) -> None:
    await ensure_json(value, "output.not_json", "the output")
    check_big(value)


@pytest.mark.parametrize("value", [None, True, 0, -0.0, "", [], {}, OrderedDict(a=1), Color.RED, 10**3900, "😀"])
def test_json_values_pass(value: Json) -> None:
    assert json.loads(b"".join(encode_pieces(value))) == value


def test_a_value_in_itself_is_refused() -> None:
    endless: list[Json] = []
    endless.append(endless)
    with pytest.raises(JsonValueError, match=r"at /0.*….*/0 is nested deeper than \d+ levels"):
        measure(endless)


@pytest.mark.parametrize("value", [["x" * 100] * 1_000_000, "\udc80" * 2_000, {"a": ["\udc80" * 2_000]}])
def test_preview_of_a_huge_value_is_bounded(value: Json) -> None:
    with pytest.raises(TooBigError):
        measure(value, 1000)


@given(value=json_values)
def test_pieces_join_to_the_value(value: Json) -> None:
    measured = measure(value)
    pieces = list(encode_pieces(value))
    text = b"".join(pieces)
    assert json.loads(text) == value
    assert decode_pieces([piece.decode() for piece in pieces]) == value
    # A float counts as 9 whatever its digits are, and is written in 3 at least.
    assert "".join(text_pieces(value)) == json.dumps(value, ensure_ascii=False)
    assert len(text) / 6 - 2 <= measured.size <= 3 * len(text) + 2
    assert measured.marked == (b'"$value":' in text)


def test_a_big_value_is_encoded_in_small_pieces() -> None:
    value = {"text": "é\n" * 400_000, "rows": [{"n": number} for number in range(60_000)], "empty": {"a": [], "b": {}}}
    value["map"] = {f"k{number}": [value["empty"], "x" * 40] for number in range(10_000)}
    pieces = list(encode_pieces(value))
    assert max(map(len, pieces)) < 2_000_000
    assert json.loads(b"".join(pieces)) == value
    assert "".join(text_pieces(value)) == json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("value", ['é\n"\\' * 300_000, {"a": ["x" * 600_000]}])
def test_long_text_round_trips_in_chunks(value: Json) -> None:
    pieces = [piece.decode() for piece in encode_pieces(value)]
    assert len(pieces) > 2
    assert decode_pieces(pieces) == value


@given(text=st.text())
def test_printable_text_can_always_be_stored(text: str) -> None:
    shown = storable(text)
    shown.encode()
    assert shown == text or any("\ud800" <= character <= "\udfff" for character in text)


def test_estimated_size_is_the_encoded_one_and_a_comma() -> None:
    for value in (["ab"] * 100, [True, None] * 100, {"k": ["ab", {"key": "c"}]}):
        text = json.dumps(value, separators=(",", ":"))
        assert len(text) <= measure(value).size <= len(text) * 1.2 + 10
