"""Conversion between JSON values and environment, stdin, stdout, output files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.model.json.json_lines import read_json_lines
from wftui.model.json.writing import text_pieces
from wftui.model.text.cuts import beginning
from wftui.model.text.text_lines import split_lines
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.text.capture import Capture
from wftui.steps.text.encodings import not_in_encoding

MAX_OUTPUTS_FILE = 16 * 1024 * 1024
"""Bytes of the file $WFTUI_OUTPUT that are read."""
_PIECE = 256 * 1024


def environment_text(value: Json) -> str:
    """Return a value for the environment: text as it is, else JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def stdin_pieces(value: Json) -> Iterator[bytes]:
    """Yield a value for stdin in pieces: text as it is, else JSON."""
    if isinstance(value, str):
        for start in range(0, len(value), _PIECE):
            yield value[start : start + _PIECE].encode()
    else:
        for piece in text_pieces(value):
            yield piece.encode()


def parse_text(stdout: Capture, text: str, how: Literal["text", "lines", "json", "jsonl"]) -> Json:
    """Parse stdout.

    Args:
        text: what was kept of it.

    Raises:
        WorkflowError: `output.truncated` when part of what must be parsed was not kept, `output.parse` for no JSON.
    """
    if how == "text":
        return text.removesuffix("\n").removesuffix("\r")
    if stdout.truncated:
        raise WorkflowError(
            "output.truncated", f"stdout is {stdout.total:,} bytes and was cut; increase maxOutput to parse it."
        )
    if how == "lines":
        return split_lines(text)
    if stdout.replaced:
        raise WorkflowError("output.parse", not_in_encoding("stdout", stdout.encoding))
    try:
        return read_json(text) if how == "json" else read_json_lines(text)
    except ValueError as error:
        raise WorkflowError("output.parse", f"stdout is not valid JSON: {error}.") from None


def read_outputs(path: Path) -> dict[str, Json]:
    """Read outputs: a JSON object, or lines `name=value` or `name<<END` … `END`.

    Raises:
        WorkflowError: `output.file` when it is neither, or too big.
    """
    try:
        if not path.is_file() and path.exists():
            raise WorkflowError("output.file", "$WFTUI_OUTPUT is no longer a regular file.")
        if path.stat().st_size > MAX_OUTPUTS_FILE:
            raise WorkflowError("output.file", f"The file $WFTUI_OUTPUT is larger than {MAX_OUTPUTS_FILE:,} bytes.")
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise WorkflowError("output.file", "The file $WFTUI_OUTPUT is not UTF-8 text.") from None
    if text.lstrip().startswith("{"):
        return _json_outputs(text)
    return _line_outputs(text)


def _json_outputs(text: str) -> dict[str, Json]:
    try:
        value: dict[str, Json] = read_json(text)
    except ValueError as error:
        raise WorkflowError("output.file", f"The file $WFTUI_OUTPUT is not a JSON object: {error}.") from None
    return value


def _line_outputs(text: str) -> dict[str, Json]:
    outputs: dict[str, Json] = {}
    lines = iter(enumerate(split_lines(text), 1))
    for number, line in lines:
        if not line.strip():
            continue
        name, operator, rest = _split(line)
        if not name:
            raise WorkflowError(
                "output.file", f"Line {number} of $WFTUI_OUTPUT is not name=value: {beginning(line, 80)!r}."
            )
        if operator == "=":
            outputs[name] = rest
            continue
        block: list[str] = []
        for _, inner in lines:
            if inner == rest:
                break
            block.append(inner)
        else:
            raise WorkflowError("output.file", f"{name}<<{rest} in $WFTUI_OUTPUT (line {number}) has no end {rest!r}.")
        outputs[name] = "\n".join(block)
    return outputs


def _split(line: str) -> tuple[str, str, str]:
    equals, block = line.find("="), line.find("<<")
    operator = "<<" if block >= 0 and (equals < 0 or block < equals) else "="
    name, found, rest = line.partition(operator)
    return (name.strip() if found else ""), operator, rest
