"""JSON lines (NDJSON): one JSON value per line."""

from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.model.text.cuts import beginning
from wftui.model.text.text_lines import split_lines

_SHOWN = 80


def read_json_lines(text: str) -> list[Json]:
    """Return the values of the lines; empty lines are skipped.

    Raises:
        ValueError: with the number of the line that is not JSON, its beginning and the reason.
    """
    values: list[Json] = []
    for number, line in enumerate(split_lines(text), 1):
        if not line.strip():
            continue
        try:
            values.append(read_json(line))
        except ValueError as error:
            raise ValueError(f"line {number}, {beginning(line, _SHOWN)!r}: {error}") from None
    return values
