"""JSON lines: a value for each line that is not empty."""

import pytest

from wftui.model.json.json_lines import read_json_lines


def test_empty_lines_are_skipped() -> None:
    assert read_json_lines('{"a": 1}\n\n  \n[2]\n') == [{"a": 1}, [2]]
    assert read_json_lines("\n") == []


def test_a_wrong_line_is_named_with_its_beginning() -> None:
    with pytest.raises(ValueError, match=r"^line 3, 'nothing…': ") as caught:
        read_json_lines(f"1\n\nnothing {'x' * 200}\n")
    assert len(str(caught.value)) < 200
