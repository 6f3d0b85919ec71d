"""Incremental JSON encoding: other threads run between the parts of a big text."""

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from wftui.model.base import Json
from wftui.model.json.big_values import weight

_PIECE = 256 * 1024
_MEMBERS = 1_000
_MOST_PARTS = 100
_LEAST_FLOAT, _MOST_NUMBER = 1e-4, 1e15

_few = iter(range(500))
"""Texts of a short run, which are written without pydantic; from then on its import costs less than these."""

_encode_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode(value: Json) -> bytes:
    """Return the shortest JSON text of a value, as the history has it.

    Raises:
        pydantic_core.PydanticSerializationError: a text in it is not Unicode.
    """
    if "pydantic_core" not in sys.modules and next(_few, None) is not None and (text := plain_text(value)) is not None:
        return text
    return _encoder()(value)


@cache
def _encoder() -> Callable[[Json], bytes]:
    from pydantic_core import to_json  # only what writes needs it

    return to_json


def plain_text(value: Json) -> bytes | None:
    """Return what `encode` returns for a small value, without pydantic.

    Its import takes longer than a short run. None for values whose text another encoder may write otherwise, or that
    have none.
    """
    if not _is_plain([value]):
        return None
    try:
        return _encode_plain(value).encode()
    except UnicodeEncodeError:
        return None


def _is_plain(values: list[Any]) -> bool:
    """Return whether a value is small and has the same text from any encoder.

    They differ in the exponents of floats, and in integers of thousands of digits.
    """
    for each in values:  # grows meanwhile
        kind = type(each)
        if kind is dict:
            if any(type(key) is not str for key in each):
                return False
            values.extend(each.values())
        elif kind is list:
            values.extend(each)
        elif kind is float:
            if each and not _LEAST_FLOAT <= abs(each) < _MOST_NUMBER:
                return False
        elif kind is int:
            if abs(each) > _MOST_NUMBER:
                return False
        elif not (each is None or kind is str or kind is bool):
            return False
        if len(values) > _MOST_PARTS:
            return False
    return True


def encode_pieces(value: Json) -> Iterator[bytes]:
    """Yield the shortest JSON text of a value, piece by piece.

    Each piece is valid UTF-8 of about a quarter of a megabyte: no single call takes long, so that the event loop runs
    while a thread encodes 100 MB.
    """
    return _pieces(value, _PIECE, encode, b",", b":")


def text_pieces(value: Json, most: int = _PIECE) -> Iterator[str]:
    """Yield the text of `json.dumps` in pieces; characters stay, lone surrogates too.

    Args:
        most: approximate characters of a piece, without escapes.
    """
    for piece in _pieces(value, most, _dumps, b", ", b": "):
        yield piece.decode("utf-8", "surrogatepass")


def _dumps(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _pieces(value: Json, most: int, encode: Callable[[Json], bytes], comma: bytes, colon: bytes) -> Iterator[bytes]:
    if isinstance(value, str) and len(value) > most:
        yield b'"'
        for start in range(0, len(value), most):
            yield encode(value[start : start + most])[1:-1]
        yield b'"'
        return
    if not isinstance(value, dict | list) or not value:
        yield encode(value)
        return
    keys = list(value) if isinstance(value, dict) else []
    yield b"{" if keys else b"["
    between = b""
    start, count = 0, _MEMBERS
    while start < len(value):
        part = {key: value[key] for key in keys[start : start + count]} if keys else value[start : start + count]
        size = weight((part,), most)
        if size <= most:
            yield between + encode(part)[1:-1]
            start += count
            if size < most // 2:
                count *= 2
        elif count > 1:
            count = max(1, count // 4)
            continue
        else:
            yield between + (encode(keys[start]) + colon if keys else b"")
            yield from _pieces(value[keys[start]] if keys else value[start], most, encode, comma, colon)
            start += 1
        between = comma
    yield b"}" if keys else b"]"
