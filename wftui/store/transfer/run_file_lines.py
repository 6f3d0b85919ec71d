"""The lines of a run file, of which every size is bounded."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.json.incremental import read_json
from wftui.store.log_segments import SegmentError
from wftui.store.transfer.unpacking import unpacked

FORMAT = "wftui-run"
VERSION = 2
WITHOUT_CHILDREN = 1
MOST_BYTES = 1024 * 1024 * 1024
"""Limit of the uncompressed size of a file."""
MOST_LINE_BYTES = 256 * 1024 * 1024
"""Limit of a line with a value or a log segment, which holds one text."""
MOST_EVENT_BYTES = 16 * 1024 * 1024
"""Limit of all other lines: lists and objects take many times as much memory."""
_LONG_LINE = re.compile(r'\{ ?"(value|log)": ?"([^"\\]{1,100})", ?"(text|data)": ?"')


class RunFileError(UserError):
    """A run file that cannot be read or written; the message says why."""

    code = "run_file.broken"


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise errors of the block as `RunFileError`."""
    try:
        yield
    except OSError as error:
        raise RunFileError(f"cannot read {path}: {error.strerror or error}", code="run_file.unreadable") from error
    except SegmentError as error:
        raise broken(path, str(error)) from error
    except (ValueError, RecursionError, ValidationError) as error:
        raise broken(path, str(error).splitlines()[0][:200]) from error


def header(first: bytes, path: Path) -> dict[str, Json]:
    """Return the first line of a run file."""
    found: dict[str, Json] = {}
    with suppress(ValueError):
        found = parsed_line(first)
    if found.get("format") != FORMAT:
        raise broken(path, "it is not a run file")
    version = found.get("version")
    if type(version) is not int or version not in (WITHOUT_CHILDREN, VERSION):
        raise newer(path, "was made by")
    return found


def lines(raw: BinaryIO, path: Path) -> Iterator[bytes]:
    """Yield the unpacked lines of a file.

    Raises:
        RunFileError: it is too big.
    """
    total, file = 0, unpacked(raw, MOST_BYTES)
    while line := file.readline(MOST_LINE_BYTES + 1):
        total += len(line)
        if len(line) > MOST_LINE_BYTES or total > MOST_BYTES:
            raise RunFileError(f"{path} holds more than {MOST_BYTES // 1024**2:,} MB", code="run_file.too_big")
        yield line


def parsed_line(line: bytes) -> dict[str, Json]:
    """Return the object in a line.

    Raises:
        ValueError: there is none, or it is too big.
    """
    if len(line) > MOST_EVENT_BYTES:
        return _text_of_line(line.decode("utf-8", "surrogatepass"))
    value = read_json(line.decode("utf-8", "surrogatepass"))
    if not isinstance(value, dict):
        raise ValueError("a line is not a JSON object")
    return value


def _text_of_line(line: str) -> dict[str, Json]:
    """Return the name and the text of a long line, which holds nothing else."""
    begin = _LONG_LINE.match(line)
    if begin is None:
        raise ValueError(f"an event has more than {MOST_EVENT_BYTES // 1024**2:,} MB")
    text, end = json.JSONDecoder().raw_decode(line, begin.end() - 1)
    if line[end:].strip() != "}":
        raise ValueError("a line is neither a value nor an event")
    return {begin[1]: begin[2], begin[3]: text}


def broken(path: Path, why: str) -> RunFileError:
    """Return the error of a file whose contents cannot be used."""
    return RunFileError(f"{path} cannot be used: {why}", code="run_file.broken")


def newer(path: Path, what: str) -> RunFileError:
    """Return the error of a file of a later version."""
    return RunFileError(f"{path} {what} a later version of wftui; update this one", code="run_file.newer")
