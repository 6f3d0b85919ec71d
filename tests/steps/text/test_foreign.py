"""Fields of foreign answers: any JSON gives a value or the failure of that answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.text.foreign import Fields

LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5))
ANSWERS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
READERS = ["has", "text", "text_or_none", "label", "number", "object", "objects", "items", "parts", "flag"]


@given(ANSWERS, st.sampled_from(READERS))
def test_each_reader_gives_its_type_or_fails_the_answer(value: Json, reader: str) -> None:
    fields = Fields({"field": value}, lambda sentence: WorkflowError("odd.answer", sentence))
    try:
        found = getattr(fields, reader)("field")
        read = list(found) if reader == "objects" else found
    except WorkflowError as error:
        assert error.type == "odd.answer"
        assert "field" in error.message
    else:
        kinds = {"has": bool, "text": str, "label": str, "object": Fields, "objects": list, "items": list}
        assert isinstance(read, kinds.get(reader, object))


def test_a_number_beyond_all_numbers_fails_the_answer() -> None:
    fields = Fields(read_json('{"count": 1e999}'), lambda sentence: WorkflowError("odd.answer", sentence))
    with pytest.raises(WorkflowError, match="count is a number"):
        fields.number("count")
