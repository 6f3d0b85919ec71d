"""File formats: text, lines, JSON, CSV and bytes."""

import base64
import binascii
import csv
import io
import json
from typing import Literal

from wftui.model.base import Json
from wftui.model.cuts import beginning
from wftui.model.json.incremental import read_json
from wftui.model.json.writing import text_pieces
from wftui.model.text_lines import split_lines
from wftui.runtime.workflow_errors import WorkflowError

_LONGEST_CELL = 2**31 - 1
"""The reader's own limit, 128 KB, is one for the whole process and too small for real files; their size is bounded."""

FileFormat = Literal["text", "lines", "json", "csv", "bytes"]


def format_of(name: str) -> FileFormat:
    """Return the format by file name."""
    suffix = name.lower().rpartition(".")[2] if "." in name else ""
    return "json" if suffix == "json" else "csv" if suffix == "csv" else "text"


def decode(data: bytes, kind: FileFormat, delimiter: str, name: str) -> Json:
    """Decode the bytes of a file; `bytes` gives base64, `csv` one object per row.

    Raises:
        WorkflowError: `file.format` when the bytes are not of that format.
    """
    if kind == "bytes":
        return base64.b64encode(data).decode("ascii")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkflowError(
            "file.format", f'{name!r} is not UTF-8 text (byte {error.start}); read it with format "bytes".'
        ) from None
    if kind == "text":
        return text
    if kind == "lines":
        return split_lines(text)
    if kind == "json":
        try:
            return read_json(text)
        except ValueError as error:
            raise WorkflowError("file.format", f"{name!r} is not valid JSON: {error}.") from None
    return _decode_csv(text, delimiter, name)


def encode(value: Json, kind: FileFormat, delimiter: str) -> bytes:
    """Encode a value as a file; JSON is indented, text lines end with newlines.

    Raises:
        WorkflowError: `file.format` when the value does not fit the format.
    """
    if kind == "json":
        return (json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()
    if kind == "csv":
        return _encode_csv(value, delimiter).encode()
    if kind == "lines":
        if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
            raise WorkflowError("file.format", 'The content for the format "lines" must be a list of strings.')
        if broken := next((line for line in value if "\n" in line), None):
            raise WorkflowError("file.format", f"{beginning(broken, 80)!r} contains more than one line.")
        return "".join(f"{line}\n" for line in value).encode()
    if not isinstance(value, str):
        raise WorkflowError(
            "file.format", f'The content for the format "{kind}" must be a string; use "json" for other values.'
        )
    if kind == "text":
        return value.encode()
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise WorkflowError("file.format", 'The content for the format "bytes" must be a base64 string.') from None


def _decode_csv(text: str, delimiter: str, name: str) -> list[dict[str, str]]:
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        if len(set(header)) != len(header):
            raise WorkflowError("file.format", f"Two columns of {name!r} have the same name.")
        rows: list[dict[str, str]] = []
        for row in reader:
            if row and len(row) != len(header):
                raise WorkflowError(
                    "file.format",
                    f"Line {reader.line_num} of {name!r} has {len(row)} columns; its first line has {len(header)}.",
                )
            if row:
                rows.append(dict(zip(header, row, strict=True)))
    except csv.Error as error:
        raise WorkflowError("file.format", f"Line {reader.line_num} of {name!r} is not valid CSV: {error}.") from None
    return rows


def encode_appended(value: Json, kind: FileFormat, delimiter: str, before: bytes) -> bytes:
    """Encode a value to append: rows under existing columns, JSON as one line.

    Args:
        before: the beginning of the file, with the whole first row of a CSV.

    Raises:
        WorkflowError: `file.format` when the value does not fit the format, or rows not the columns.
    """
    if kind == "json":
        return b"".join([*(piece.encode() for piece in text_pieces(value)), b"\n"])
    if kind != "csv" or not before.strip():
        return encode(value, kind, delimiter)
    first = io.StringIO(before.decode("utf-8-sig", "replace"), newline="")
    return _encode_csv(value, delimiter, next(csv.reader(first, delimiter=delimiter), [])).encode()


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
