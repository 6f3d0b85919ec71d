"""File formats: text, lines, JSON, JSON lines, CSV and bytes."""

import base64
import binascii
import csv
import io
import itertools
import json
from typing import Literal

from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.model.json.json_lines import read_json_lines
from wftui.model.json.writing import text_pieces
from wftui.model.text.cuts import beginning
from wftui.model.text.text_lines import split_lines
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.text.encodings import text_by_mark

_LONGEST_CELL = 2**31 - 1
"""The reader's own limit, 128 KB, is one for the whole process and too small for real files; their size is bounded."""

FileFormat = Literal["text", "lines", "json", "jsonl", "csv", "bytes"]


def format_of(name: str) -> FileFormat:
    """Return the format by file name."""
    suffix = name.lower().rpartition(".")[2] if "." in name else ""
    return "json" if suffix == "json" else "csv" if suffix == "csv" else "text"


def decode(
    data: bytes, kind: FileFormat, delimiter: str, name: str, *, encoding: str | None = None, lenient: bool = False
) -> Json:
    """Decode the bytes of a file; `bytes` gives base64, `csv` one object per row.

    Args:
        encoding: of the text; None takes the byte order mark, else UTF-8.
        lenient: accept rows of other lengths, equal column names and wrong quotes in a CSV.

    Raises:
        WorkflowError: `file.format` when the bytes are not of that format.
    """
    if kind == "bytes":
        return base64.b64encode(data).decode("ascii")
    try:
        marked = text_by_mark(data) if encoding is None else None
        text = marked if marked is not None else data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        what = f"{encoding or 'UTF-8'} text (byte {error.start})"
        hint = 'set "encoding", for example to "latin-1"' if encoding is None else 'change "encoding"'
        raise WorkflowError("file.format", f'{name!r} is not {what}; {hint}, or read it with format "bytes".') from None
    if kind == "text":
        return text
    if kind == "lines":
        return split_lines(text)
    if kind in ("json", "jsonl"):
        try:
            return read_json(text) if kind == "json" else read_json_lines(text)
        except ValueError as error:
            raise WorkflowError("file.format", f"{name!r} is not valid JSON: {error}.") from None
    return _decode_csv(text, delimiter, name, lenient=lenient)


def encode(value: Json, kind: FileFormat, delimiter: str, encoding: str | None = None) -> bytes:
    """Encode a value as a file; JSON is indented, text lines end with newlines.

    Args:
        encoding: of the text; None is UTF-8.

    Raises:
        WorkflowError: `file.format` when the value does not fit the format.
    """
    if kind != "bytes":
        return _encoded(_text(value, kind, delimiter), encoding)
    try:
        return base64.b64decode(_string(value, kind), validate=True)
    except binascii.Error:
        raise WorkflowError("file.format", 'The content for the format "bytes" must be a base64 string.') from None


def _encoded(text: str, encoding: str | None) -> bytes:
    try:
        return text.encode(encoding or "utf-8")
    except UnicodeEncodeError as error:
        raise WorkflowError(
            "file.format", f"The content has {text[error.start]!r}, which the encoding {encoding} does not have."
        ) from None


def _text(value: Json, kind: FileFormat, delimiter: str) -> str:
    if kind == "json":
        return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if kind == "jsonl":
        if not isinstance(value, list):
            raise WorkflowError("file.format", 'The content for the format "jsonl" must be a list.')
        return "".join(f"{json.dumps(item, ensure_ascii=False, allow_nan=False)}\n" for item in value)
    if kind == "csv":
        return _encode_csv(value, delimiter)
    if kind == "lines":
        if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
            raise WorkflowError("file.format", 'The content for the format "lines" must be a list of strings.')
        if broken := next((line for line in value if "\n" in line or "\r" in line), None):
            raise WorkflowError("file.format", f"{beginning(broken, 80)!r} contains more than one line.")
        return "".join(f"{line}\n" for line in value)
    return _string(value, kind)


def _string(value: Json, kind: FileFormat) -> str:
    if not isinstance(value, str):
        raise WorkflowError(
            "file.format", f'The content for the format "{kind}" must be a string; use "json" for other values.'
        )
    return value


def _decode_csv(text: str, delimiter: str, name: str, *, lenient: bool) -> list[dict[str, str | None]]:
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=not lenient)
    try:
        header = next(reader, [])
        rows: list[dict[str, str | None]] = []
        if lenient:
            return [_lenient_row(_distinct(header), row) for row in reader if row]
        if same := next((column for column in header if header.count(column) > 1), None):
            raise WorkflowError(
                "file.format", f'Two columns of {name!r} have the same name {same!r}; "lenient" numbers them.'
            )
        if len(set(header)) != len(header):
            raise WorkflowError("file.format", f'Two columns of {name!r} have no name; "lenient" numbers them.')
        for row in reader:
            if row and len(row) != len(header):
                raise WorkflowError(
                    "file.format",
                    f"Line {reader.line_num} of {name!r} has {len(row)} columns; its first line has {len(header)}. "
                    '"lenient" accepts such lines.',
                )
            if row:
                rows.append(dict(zip(header, row, strict=True)))
    except csv.Error as error:
        raise WorkflowError("file.format", f"Line {reader.line_num} of {name!r} is not valid CSV: {error}.") from None
    return rows


def _distinct(header: list[str]) -> list[str]:
    """Return column names of which no two are equal: `name`, `name_2`, `column_3`."""
    names: list[str] = []
    taken = set(header)
    for place, column in enumerate(header, 1):
        name = column or f"column_{place}"
        number = 2
        while name in names or (name != column and name in taken):
            name = f"{column or f'column_{place}'}_{number}"
            number += 1
        names.append(name)
    return names


def _lenient_row(header: list[str], row: list[str]) -> dict[str, str | None]:
    """Return a row; absent cells are null, further ones named by their column."""
    names = [*header, *(f"column_{place}" for place in range(len(header) + 1, len(row) + 1))]
    return dict(itertools.zip_longest(names, row))


def encode_appended(value: Json, kind: FileFormat, delimiter: str, before: bytes, encoding: str | None = None) -> bytes:
    """Encode a value to append: rows under existing columns, JSON as one line.

    Args:
        before: the beginning of the file, with the whole first row of a CSV.

    Raises:
        WorkflowError: `file.format` when the value does not fit the format, or rows not the columns.
    """
    if kind == "bytes":
        return encode(value, kind, delimiter)
    if kind == "json":
        text = "".join([*text_pieces(value), "\n"])
    elif kind != "csv" or not before.strip():
        text = _text(value, kind, delimiter)
    else:
        first = io.StringIO(before.decode(encoding or "utf-8-sig", "replace"), newline="")
        text = _encode_csv(value, delimiter, next(csv.reader(first, delimiter=delimiter), []))
    return without_mark(text, encoding) if before else _encoded(text, encoding)


def without_mark(text: str, encoding: str | None) -> bytes:
    """Return an encoded text without the byte order mark of the encoding.

    Raises:
        WorkflowError: `file.format` when the encoding lacks a character.
    """
    return _encoded(text, encoding)[len(_encoded("", encoding)) :]


def _encode_csv(value: Json, delimiter: str, known: list[str] | None = None) -> str:
    if not isinstance(value, list) or not all(isinstance(row, dict | list) for row in value):
        raise WorkflowError("file.format", 'The content for the format "csv" must be a list of objects or of lists.')
    columns = list(dict.fromkeys(name for row in value if isinstance(row, dict) for name in row))
    if known is not None:
        if unknown := [name for name in columns if name not in known]:
            raise WorkflowError("file.format", f"The file has no column {unknown[0]!r}; it has {', '.join(known)}.")
        columns = known
    rows = [columns] if known is None and any(isinstance(row, dict) for row in value) else []
    rows += [[row.get(name) for name in columns] if isinstance(row, dict) else row for row in value]
    return "".join(f"{_csv_row(row, delimiter)}\n" for row in rows)


def _csv_row(row: list[Json], delimiter: str) -> str:
    # Readers skip empty lines: a single cell without text is written with its quotes.
    return delimiter.join(_csv_cell(cell, delimiter) for cell in row) or ('""' if row else "")


def _csv_cell(value: Json, delimiter: str) -> str:
    # Not the standard writer: with "\n" as line end it leaves "\r" bare, which its own reader takes for a line end.
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if any(character in text for character in (delimiter, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text
