"""JSON texts of values, from our encoder and pydantic's."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from wftui.model.base import Json
from wftui.model.json.writing import plain_text

_TEXTS = st.text() | st.sampled_from(["\ud800", '\x7f\x00\x1f\\"/\u2028', "é\b\f\n\r\t"])
_NUMBERS = st.integers() | st.floats() | st.sampled_from([1e-5, 1e-4, 1e15, 1e16, 1e22, -0.0, 2.5e-310, 10**400])
_SCALARS = st.none() | st.booleans() | _NUMBERS | _TEXTS
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner), max_leaves=20)


@settings(max_examples=60)
@given(_VALUES)
def test_small_values_have_the_same_text_without_pydantic(value: Json) -> None:
    text = plain_text(value)
    assert text is None or text == to_json(value)


def test_which_values_have_a_text_without_pydantic() -> None:
    assert plain_text({"s": "é\n", "n": [1, 0.5, True, None]}) == b'{"s":"\xc3\xa9\\n","n":[1,0.5,true,null]}'
    for value in (1e-5, 10**5_000, "\ud800", [0] * 1_000):
        assert plain_text(value) is None
