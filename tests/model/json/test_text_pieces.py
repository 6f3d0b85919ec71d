"""The JSON text of big values in pieces."""

import json
from functools import reduce
from typing import Any, cast

import pytest

from wftui.model.json.text_pieces import TextPieces, is_long
from wftui.model.json.writing import text_pieces

TEXT = 'ü"\\\n\x00😀 ' * 60_000
ROWS = [{"number": number, "tags": ["a", None, True, 1.5]} for number in range(20_000)]
DEEP: Any = reduce(lambda inside, _: [inside], range(600), cast("Any", {"rows": ROWS}))


def test_each_read_of_what_cannot_be_made_fails() -> None:
    pieces = TextPieces(cast("Any", [TEXT, TEXT, {1, 2}]))
    assert pieces.read(0)[1] == 1
    for _ in range(2):
        with pytest.raises(TypeError, match="set"):
            pieces.read(20)
    assert pieces.read(0)[1] == 1


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"a": []},
        TEXT,
        ROWS,
        {"rows": ROWS, "text": TEXT, "none": [], "ü": {str(number): number for number in range(30_000)}},
        [[[[TEXT]]], ROWS, TEXT],
        {"lone \ud800": [TEXT, "\udfff"]},
        [DEEP, {"after": DEEP}, TEXT],
        {"big": {"text": [TEXT]}} | {str(number): number for number in range(5_000)},
    ],
)
def test_the_pieces_are_the_text(value: Any) -> None:
    pieces = list(text_pieces(value, 100_000))
    again = TextPieces(value)
    read = [again.read(number) for number in range(len(pieces))]
    assert read == [*((piece, number) for number, piece in enumerate(pieces[:-1], 1)), (pieces[-1], None)]
    assert again.read(0)[0] == pieces[0]
    assert "".join(pieces) == json.dumps(value, ensure_ascii=False)
    assert is_long(value) == (len("".join(pieces)) > 1_000)
    assert max(map(len, pieces)) < 500_000
